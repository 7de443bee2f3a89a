//! Texts as they are read: what every sort of block looks like, what is copied, what is pointed out.
#![expect(clippy::format_collect, reason = "long texts are made line by line")]

use std::fs;

use eframe::egui::{self, Event, Id, PointerButton, Pos2, Rect, Theme, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use stepscope::text::{
    Block, BlockKind, Code, CodeLine, Document, Image, ImageFrom, Inline, InlineKind, JsonLine, Look, Scope, Style,
    Table, Terminal, TerminalColour, TerminalRun, TextKind,
};
use stepscope::ui_kit::{Mark, MarkKind, Rich, RichSize, Tokens, rich_ui, tokens};

use crate::support::fixture::workspace;
use crate::support::raster::Raster;

/// A text and what is shown of it.
#[derive(Default)]
struct Shown {
    source: String,
    document: Document,
    marks: Vec<Mark>,
    scroll_to: Option<usize>,
}

impl Shown {
    fn prose(source: &str) -> Self {
        Self { source: source.into(), document: Document::read(source, &TextKind::Prose), ..Self::default() }
    }

    /// Another block at the end, made of these lines of text.
    fn push(&mut self, lines: &str, kind: impl FnOnce(std::ops::Range<usize>, &str) -> BlockKind) {
        if !self.source.is_empty() {
            self.source.push('\n');
        }
        let start = self.source.len();
        self.source.push_str(lines);
        let source = start..self.source.len();
        let kind = kind(source.clone(), &self.source);
        self.document.blocks.push(Block { source, depth: 0, marker: None, quoted: false, kind });
    }
}

type Window = Harness<'static, Shown>;

fn window(shown: Shown, size: [f32; 2], theme: Theme, scale: f32) -> Window {
    let mut window = Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_theme(theme)
        .renderer(Raster::default())
        .build_ui_state(paint, shown);
    window.step();
    window
}

fn paint(ui: &mut egui::Ui, shown: &mut Shown) {
    let once = Id::unique("tokens installed");
    if !ui.data(|data| data.get_temp::<bool>(once)).unwrap_or_default() {
        tokens::install(ui.ctx());
        ui.data_mut(|data| data.insert_temp(once, true));
        return;
    }
    let tokens = Tokens::of(ui);
    egui::CentralPanel::default().frame(egui::Frame::new().fill(tokens.card).inner_margin(12)).show(ui, |ui| {
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            rich_ui(
                ui,
                &Rich {
                    document: &shown.document,
                    source: &shown.source,
                    id: Id::unique("text"),
                    colour: tokens.text,
                    size: RichSize::Body,
                    marks: &shown.marks,
                    scroll_to: shown.scroll_to.take(),
                },
            );
        });
    });
}

const PROSE: &str = r"# The largest root

Let $f(x) = x^2 - \frac{3}{2}x + \sqrt{2}$ and **suppose** that $\sum_{k=1}^n k = \binom{n+1}{2}$; then `f(x)` is *convex* and ~~never~~ its least value is where $f'(x) = 0$, hence $\left(\frac{a+b}{c}\right)^2 \ge \sqrt[3]{\dfrac{1}{1+x^2}}$, which was to be shown for all $x \in \mathbb{R}$, as $\mathcal{L}$ is [linear](https://example.org).

$$\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}, \qquad \begin{pmatrix} a & b \\ c & d \end{pmatrix}^{-1} = \frac{1}{ad-bc} \begin{pmatrix} d & -b \\ -c & a \end{pmatrix}$$

1. First the *case* $n = 2k$:
   - then $\overbrace{1+\dots+1}^{n} = n$,
   - or $\boxed{\left\lfloor \frac{n}{2} \right\rfloor}$.
2. Second, $\frac{1}$ is not one, nor is this sign: a{ZWSP}b, nor a{RLO}b.

> Quoted, with $\vec{v}$ and $\widehat{ABC}$.

中文 текст ελληνικά 😀 → 𝑥 ∈ 𝔽 한국어 かな שלום مرحبا بالعالم
";

fn every_sort() -> Shown {
    let prose = PROSE.replace("{ZWSP}", "\u{200b}").replace("{RLO}", "\u{202e}");
    let mut shown = Shown::prose(&prose);
    let marked = |word: &str, kind: MarkKind| {
        let start = prose.find(word).unwrap();
        Mark { range: start..start + word.len(), kind, hint: String::new() }
    };
    shown.marks = vec![
        marked("suppose", MarkKind::Found),
        marked("least value", MarkKind::FoundCurrent),
        marked("f'(x) = 0", MarkKind::Found),
        marked("to be shown for all", MarkKind::Span),
        marked("First", MarkKind::Picked),
    ];
    shown.push("def f(x: int) -> str:\n    # twice\n    return \"a\" * 2\n", |source, text| {
        let scope = |word: &str, scope| {
            let start = text[source.clone()].find(word).unwrap() + source.start;
            (start..start + word.len(), scope)
        };
        let mut lines: Vec<CodeLine> = Vec::new();
        let mut at = source.start;
        for line in text[source.clone()].lines() {
            lines.push(CodeLine { source: at..at + line.len(), ..CodeLine::default() });
            at += line.len() + 1;
        }
        lines[0].scopes = vec![
            scope("def", Scope::Keyword),
            scope("f", Scope::Function),
            scope("int", Scope::Type),
            scope("str", Scope::Type),
        ];
        lines[1].scopes = vec![scope("# twice", Scope::Comment)];
        lines[2].scopes = vec![
            scope("return", Scope::Keyword),
            scope("\"a\"", Scope::Text),
            scope("*", Scope::Operator),
            scope("2", Scope::Number),
        ];
        lines[0].look = Look::Head;
        lines[0].look = Look::Plain;
        lines[1].look = Look::Removed;
        lines[2].look = Look::Added;
        BlockKind::Code(Code { language: "python".into(), lines, before: 0 })
    });
    shown.push("ok failed 3 passed", |source, _| {
        let run = |from: usize, to: usize, colour| TerminalRun {
            source: source.start + from..source.start + to,
            colour,
            strong: from == 3,
            ..TerminalRun::default()
        };
        let lines = vec![vec![
            run(0, 3, Some(TerminalColour::Indexed(2))),
            run(3, 10, Some(TerminalColour::Indexed(9))),
            run(10, 18, Some(TerminalColour::Rgb(255, 255, 120))),
        ]];
        BlockKind::Terminal(Terminal { lines })
    });
    shown.push(r#"{"name": "ls", "args": {"path": "/tmp", "depth": 2}}"#, |source, _| {
        let line = |depth, key: &str, value: &str, scope, below| JsonLine {
            source: source.clone(),
            depth,
            key: (!key.is_empty()).then(|| key.into()),
            value: value.into(),
            scope,
            below,
        };
        BlockKind::Json(vec![
            line(0, "", "2 entries", None, 4),
            line(1, "name", "\"ls\"", Some(Scope::Text), 0),
            line(1, "args", "2 entries", None, 2),
            line(2, "path", "\"/tmp\"", Some(Scope::Text), 0),
            line(2, "depth", "2", Some(Scope::Number), 0),
        ])
    });
    shown.push("n value 1 0.5 20 123.25", |source, _| {
        let cell = |from: usize, to: usize| {
            let range = source.start + from..source.start + to;
            vec![Inline { source: range.clone(), kind: InlineKind::Text(range, Style::default()) }]
        };
        let rows = vec![vec![cell(0, 1), cell(2, 7)], vec![cell(8, 9), cell(10, 13)], vec![cell(14, 16), cell(17, 23)]];
        BlockKind::Table(Table { rows, has_head: true, right: vec![false, true], marked: vec![(2, 1)] })
    });
    shown.push("picture", |_, _| {
        BlockKind::Image(Image {
            from: ImageFrom::File(workspace().join("assets/icon.png")),
            alt: "a tree".into(),
            regions: vec![([0.1, 0.2, 0.5, 0.6], "root".into())],
        })
    });
    shown.push("missing", |_, _| {
        BlockKind::Image(Image { from: ImageFrom::Address("https://example.org/a.png".into()), ..Image::default() })
    });
    shown
}

fn save(window: &mut Window, name: &str) -> image::RgbaImage {
    let folder = workspace().join("target/pictures");
    fs::create_dir_all(&folder).unwrap();
    let picture = window.render().unwrap();
    picture.save(folder.join(format!("{name}.png"))).unwrap();
    picture
}

#[test]
fn every_sort_of_block_in_both_themes() {
    for (theme, name) in [(Theme::Dark, "rich-dark"), (Theme::Light, "rich-light")] {
        let mut window = window(every_sort(), [820.0, 1240.0], theme, 1.0);
        crate::support::wait::wait_until(
            &mut window,
            "the picture is read",
            std::time::Duration::from_secs(10),
            |window| window.query_by_label("a tree").is_some(),
        );
        window.step();
        save(&mut window, name);
    }
}

/// Selects everything by dragging from before the first to behind the last letter, and copies it.
fn copied(window: &mut Window) -> String {
    let size = window.ctx.content_rect();
    drag(window, pos2(20.5, 28.0), pos2(size.right() - 24.0, size.bottom() - 12.0));
    window.event(Event::Copy);
    window.step();
    let commands = window.output().platform_output.commands.clone();
    let text = commands.into_iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text),
        _ => None,
    });
    text.unwrap_or_default()
}

fn drag(window: &mut Window, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    for event in [Event::PointerMoved(from), button(from, true), Event::PointerMoved(to), button(to, false)] {
        window.event(event);
        window.step();
    }
}

#[test]
fn what_is_selected_is_copied_as_its_source() {
    for source in [
        "Let $x^2$ be **bold** and `code`, ~~no~~ *yes*.",
        "A\\&B &amp; $\\frac{1}{2}$",
        "$\\undefined$ fails $\\frac{1}",
        "ends with $\\sum_{k=1}^n k$",
        "العربية and עברית with $x$",
        "😀 中文 e\u{301} 𝑥",
    ] {
        let mut window = window(Shown::prose(source), [500.0, 60.0], Theme::Dark, 1.0);
        window.step();
        assert_eq!(copied(&mut window), source);
    }
    let source = "First $a$.\n\n## A *heading*\n\n- one\n- **two**\n\n$$b$$\n\nlast";
    let mut window = window(Shown::prose(source), [500.0, 300.0], Theme::Dark, 1.0);
    window.step();
    let copied = copied(&mut window);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&copied), words(source), "{copied}");
}

/// Pixels of a picture that are exactly of that colour: the box around them.
fn area(picture: &image::RgbaImage, colour: egui::Color32) -> Option<Rect> {
    let mut found: Option<Rect> = None;
    for (x, y, pixel) in picture.enumerate_pixels() {
        if pixel.0 == colour.to_array() {
            let point = pos2(x as f32, y as f32);
            let rect = Rect::from_min_size(point, vec2(1.0, 1.0));
            found = Some(found.map_or(rect, |before| before.union(rect)));
        }
    }
    found
}

#[test]
fn marks_lie_under_the_letters_they_are_about() {
    let source = "aa **bb** $\\dfrac{1}{2}$ cc &lt; dd";
    let tokens = Tokens::BOTH[0];
    let place = |from: usize, to: usize| {
        let mut shown = Shown::prose(source);
        shown.marks = vec![Mark { range: from..to, kind: MarkKind::FoundCurrent, hint: String::new() }];
        let mut window = window(shown, [400.0, 60.0], Theme::Dark, 1.0);
        window.step();
        area(&window.render().unwrap(), tokens.found(true))
    };
    let words: Vec<Rect> = ["aa", "bb", "\\dfrac{1}{2}", "cc", "&lt;", "dd"]
        .map(|word| {
            let from = source.find(word).unwrap();
            place(from, from + word.len()).unwrap()
        })
        .to_vec();
    assert!(words.windows(2).all(|pair| pair[0].right() < pair[1].left() + 1.0), "{words:?}");
    assert!(words[2].height() > words[0].height() + 4.0, "a formula is pointed out as a whole: {words:?}");
    // Part of a formula points out all of it.
    let half = source.find("{1}").unwrap();
    assert_eq!(place(half, half + 2), Some(words[2]));
    // A word in a higher line is marked no higher than itself.
    assert!(words[3].height() <= 20.0, "{words:?}");
}

#[test]
fn a_byte_is_brought_into_view_in_a_long_text_and_heights_do_not_change() {
    let mut source: String = (0..3000).map(|n| format!("Line {n} of many, with $x_{{{n}}}$ in it.\n\n")).collect();
    source.push_str("The very end");
    let mut shown = Shown::prose(&source);
    shown.scroll_to = Some(source.find("Line 1500 ").unwrap());
    let mut window = window(shown, [500.0, 400.0], Theme::Dark, 1.0);
    for _ in 0..4 {
        window.step();
    }
    assert!(window.query_by_label_contains("Line 1500 ").is_some());
    assert!(window.query_by_label_contains("Line 900 ").is_none(), "only what is in sight is laid out");
    let before = save(&mut window, "rich-scrolled");
    window.step();
    assert_eq!(before, window.render().unwrap());
    window.state_mut().scroll_to = Some(source.len() - 1);
    for _ in 0..4 {
        window.step();
    }
    assert!(window.query_by_label_contains("The very end").is_some());
}

#[test]
fn a_structured_value_is_folded_by_click_and_space() {
    let mut window = window(every_sort(), [820.0, 1240.0], Theme::Dark, 1.0);
    window.step();
    assert!(window.query_by_label_contains("path: ").is_some());
    window.get_by_label("Fold args").click();
    window.step();
    window.step();
    assert!(window.query_by_label_contains("path: ").is_none());
    window.get_by_label("Unfold args").focus();
    window.step();
    window.key_press(egui::Key::Space);
    window.step();
    window.step();
    assert!(window.query_by_label_contains("path: ").is_some());
}

/// What this thread took of a processor, whatever else runs; the time that passed where the system does not tell.
fn processor_time() -> std::time::Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|line| line.split(' ').next()?.parse().ok());
    let since = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    told.map_or_else(since, std::time::Duration::from_nanos)
}

/// Not a test but a measurement: `cargo nextest run --run-ignored only -E 'test(time_of_a_frame)' --no-capture`.
#[test]
#[ignore = "a measurement"]
fn time_of_a_frame() {
    let formulas: String = (0..1000)
        .map(|n| {
            format!(
                "Step {n}: as $\\frac{{x^2+{n}}}{{\\sqrt{{y}}}}$ grows, $\\sum_{{k=1}}^{{{n}}} a_k \\le b_{{{n}}}$ holds.\n\n"
            )
        })
        .collect();
    let prose: String = (0..20_000).map(|n| format!("Line {n} of a long text of many words.\n")).collect();
    let code: String = (0..20_000).map(|n| format!("    let value_{n} = compute({n}, \"text\"); // why\n")).collect();
    for (name, source, kind) in [
        ("2,000 formulas", formulas, TextKind::Prose),
        ("prose, 1 MB", prose.clone(), TextKind::Prose),
        ("one line, 1 MB", prose.replace('\n', " "), TextKind::Plain),
        ("code, 20,000 lines", code, TextKind::Code("rust".into())),
    ] {
        let begun = std::time::Instant::now();
        let document = Document::read(&source, &kind);
        let read = begun.elapsed();
        let mut window = window(Shown { source, document, ..Shown::default() }, [900.0, 800.0], Theme::Dark, 1.0);
        let begun = std::time::Instant::now();
        window.step();
        let first = begun.elapsed();
        let mut frames = Vec::new();
        for frame in 0..300 {
            window.event(Event::PointerMoved(pos2(300.0, 300.0)));
            let delta = vec2(0.0, -[0.0, 60.0, 700.0][frame / 100]);
            let unit = egui::MouseWheelUnit::Point;
            let phase = egui::TouchPhase::Move;
            window.event(Event::MouseWheel {
                unit,
                delta,
                phase,
                source: egui::MouseWheelSource::Trackpad,
                modifiers: egui::Modifiers::NONE,
            });
            let begun = processor_time();
            window.step();
            frames.push(processor_time().saturating_sub(begun));
        }
        let show = |frames: &mut [std::time::Duration]| {
            frames.sort();
            format!("p50 {:?} p99 {:?}", frames[frames.len() / 2], frames[frames.len() * 99 / 100])
        };
        let (still, moving) = frames.split_at_mut(100);
        let (slow, fast) = moving.split_at_mut(100);
        println!(
            "{name}: read {read:?}, first frame {first:?}; still {}; scrolled {}; leafed {}",
            show(still),
            show(slow),
            show(fast)
        );
    }
}
