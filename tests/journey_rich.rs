//! Texts as they are read: what every sort of block looks like, what is copied, what is pointed out.

use std::fs;

use eframe::egui::{self, Id, Theme};
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
