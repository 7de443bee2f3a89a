//! Colours held to figures: what is written can be read, and what differs is told apart by eyes of every kind.
//!
//! Contrast is that of WCAG 2.2 (1.4.3, 1.4.11): at least 4.5 for text, at least 3 for marks that carry meaning. Lines
//! that only part one thing from another carry none. How eyes without one kind of cone see is worked out after G. M.
//! Machado, M. M. Oliveira, L. A. F. Fernandes, *A Physiologically-based Model for Simulation of Color Vision Deficiency*,
//! IEEE TVCG 15(6), 2009, for full deficiency. Two colours are told apart from a distance ΔE*ab (CIE 1976) of 11 on, about
//! five times what is just noticed; right and wrong must be further apart, at least 30.

use eframe::egui::Color32;

use super::{DARK, LIGHT, Tokens};

/// For red, green and blue light as they are, without red cones, without green ones, without blue ones.
const EYES: [(&str, [[f64; 3]; 3]); 4] = [
    ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    ),
    (
        "deuteranopia",
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
    ),
    (
        "tritanopia",
        [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]],
    ),
];

const THEMES: [(&str, Tokens); 2] = [("dark", DARK), ("light", LIGHT)];

fn linear(colour: Color32) -> [f64; 3] {
    [colour.r(), colour.g(), colour.b()].map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn luminance(colour: Color32) -> f64 {
    let [red, green, blue] = linear(colour);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(a: Color32, b: Color32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Place of a colour in CIELAB, as those eyes see it.
fn lab(colour: Color32, eyes: &[[f64; 3]; 3]) -> [f64; 3] {
    let light = linear(colour);
    let seen = eyes.map(|row| row.iter().zip(light).map(|(share, light)| share * light).sum::<f64>().clamp(0.0, 1.0));
    let [red, green, blue] = seen;
    let root = |value: f64| if value > 0.008_856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 };
    let x = root((0.412_456_4 * red + 0.357_576_1 * green + 0.180_437_5 * blue) / 0.950_47);
    let y = root(0.212_672_9 * red + 0.715_152_2 * green + 0.072_175_0 * blue);
    let z = root((0.019_333_9 * red + 0.119_192_0 * green + 0.950_304_1 * blue) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The least distance between two colours in any eyes, and in which.
fn distance(a: Color32, b: Color32) -> (f64, &'static str) {
    let of = |(name, eyes): &(&'static str, [[f64; 3]; 3])| {
        let squares = lab(a, eyes).into_iter().zip(lab(b, eyes)).map(|(a, b)| (a - b).powi(2));
        (squares.sum::<f64>().sqrt(), *name)
    };
    EYES.iter().map(of).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

/// A colour laid over a ground, so many hundredths of it.
fn over(colour: Color32, ground: Color32, share: f32) -> Color32 {
    let mix = |above: u8, below: u8| (f32::from(above) * share + f32::from(below) * (1.0 - share)).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two colours")]
    let channel = |above, below| mix(above, below) as u8;
    let [red, green, blue] =
        [(colour.r(), ground.r()), (colour.g(), ground.g()), (colour.b(), ground.b())].map(|(a, b)| channel(a, b));
    super::rgb(red, green, blue)
}

fn grounds(tokens: &Tokens) -> [(&'static str, Color32); 4] {
    [("background", tokens.background), ("panel", tokens.panel), ("card", tokens.card), ("selected", tokens.selected)]
}

fn judgements(tokens: &Tokens) -> [(&'static str, Color32); 5] {
    [
        ("good", tokens.good),
        ("neutral", tokens.neutral),
        ("bad", tokens.bad),
        ("unsure", tokens.unsure),
        ("accent", tokens.accent),
    ]
}

#[test]
fn black_on_white_has_the_contrast_that_the_rule_says() {
    assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 1e-9);
    assert!((contrast(super::rgb(0x77, 0x77, 0x77), Color32::WHITE) - 4.48).abs() < 0.01, "the usual example");
    assert!(distance(super::rgb(0xff, 0, 0), super::rgb(0x7a, 0x6a, 0)).0 < 20.0, "red and olive, without red cones");
}

#[test]
fn every_text_can_be_read_on_every_ground() {
    for (theme, tokens) in THEMES {
        let plain = [("text", tokens.text), ("muted", tokens.muted)];
        for (name, colour) in plain.into_iter().chain(judgements(&tokens)) {
            for (ground_name, ground) in grounds(&tokens) {
                let found = contrast(colour, ground);
                assert!(found >= 4.5, "{theme}: {name} on {ground_name} has {found:.2}");
            }
        }
        // Filled chips.
        for (name, colour) in judgements(&tokens).into_iter().chain([("muted", tokens.muted)]) {
            let found = contrast(tokens.background, colour);
            assert!(found >= 4.5, "{theme}: the words of a filled {name} chip have {found:.2}");
        }
        // Differences are written on a tint of their own colour.
        for (name, colour) in [("good", tokens.good), ("bad", tokens.bad)] {
            for (ground_name, ground) in grounds(&tokens).into_iter().take(3) {
                let found = contrast(colour, over(colour, ground, Tokens::TINT));
                assert!(found >= 4.5, "{theme}: {name} on its tint over {ground_name} has {found:.2}");
            }
        }
    }
}

#[test]
fn every_mark_stands_out_from_its_ground() {
    for (theme, tokens) in THEMES {
        for (number, colour) in tokens.series.into_iter().enumerate() {
            for (ground_name, ground) in grounds(&tokens).into_iter().take(3) {
                let found = contrast(colour, ground);
                assert!(found >= 3.0, "{theme}: curve {number} on {ground_name} has {found:.2}");
            }
        }
    }
}

#[test]
fn judgements_are_told_apart_by_all_eyes() {
    for (theme, tokens) in THEMES {
        let (right_wrong, eyes) = distance(tokens.good, tokens.bad);
        assert!(right_wrong >= 30.0, "{theme}: right and wrong are {right_wrong:.1} apart in {eyes}");
        let all = judgements(&tokens);
        for (at, (name, colour)) in all.into_iter().enumerate() {
            for (other_name, other) in all.into_iter().skip(at + 1) {
                let (found, eyes) = distance(colour, other);
                assert!(found >= 11.0, "{theme}: {name} and {other_name} are {found:.1} apart in {eyes}");
            }
        }
    }
}

#[test]
fn curves_are_told_apart_by_all_eyes() {
    for (theme, tokens) in THEMES {
        for (at, colour) in tokens.series.into_iter().enumerate() {
            for (next, other) in tokens.series.into_iter().enumerate().skip(at + 1) {
                let (found, eyes) = distance(colour, other);
                assert!(found >= 20.0, "{theme}: curves {at} and {next} are {found:.1} apart in {eyes}");
            }
        }
    }
}
