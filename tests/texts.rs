//! How texts are read: a few as documents, and the formulas of the published data sets.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::Value;
use stepscope::text::compact::compact;
use stepscope::text::{BlockKind, Document, Formula, FormulaState, Formulas, Inline, InlineKind, TextKind};

use crate::published::data;

/// Data sets whose formulas must be typeset, and how many of a hundred.
const SETS: [&str; 3] = ["processbench", "prmbench", "mr_ben"];
const SHARE: f64 = 98.0;

fn read(text: &str, kind: &TextKind) -> String {
    compact(&Document::read(text, kind), text)
}

#[test]
fn prose_is_markdown_with_formulas() {
    let text = "\
## Step 1: *Factor* $x^2 - 1$

We have 2*3*4 = 24, `a_b`, __init__ and **so**$x$ is \\boxed{\\frac{1}{2}}.
It costs $5 and $6, i.e. ~$11 or <b>more</b> &lt; 12.

1. first, with
   - a *nested* one
   - and \\(y_1*y_2\\)
2. second:
   $$x = 1$$.

    indented prose with $z$ that
    is no program

- 3 = 2
> quoted **words**

| a | b |
|---|--:|
| $|x|$ | 2 |

result
---
\\begin{align*}
x &= 1 \\\\
y &= 50% \\text{ of } z
\\end{align*}
[Answer]: 42 日本語 hid\u{200b}den \u{202e}txt ![alt](figures/a.png)

```python
def f(x):
    return x * 2  # twice
```
";
    assert_snapshot!(read(text, &TextKind::Prose));
}

#[test]
fn output_is_told_apart() {
    let texts = [
        "\u{1b}[31mFAILED\u{1b}[0m one\n10%\r100%\n\u{1b}[1;38;5;200mbold\u{1b}[0m",
        "{\"n\": 12345678901234567890.10, \"code\": \"def f():\\n    return 1\\n\", \"list\": [1, {\"x\": null}], \"e\": {}}",
        "{\"a\": 1}\n{\"a\": 2}",
        "{\"a\": 1, broken",
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n c",
        "I looked it up, and the train leaves at nine in the morning.",
        "total 12\n-rw-r--r-- 1 root root 12 Jan 1 a.txt",
    ];
    let mut out = String::new();
    for text in texts {
        writeln!(out, "{}", read(text, &TextKind::Output)).unwrap();
    }
    assert_snapshot!(out);
}

#[test]
fn program_text_is_coloured() {
    let texts = [
        ("", "import math\n\ndef f(x: int) -> str:\n    return f\"{x}\"  # why"),
        ("lean", "theorem one (a : ℕ) : a = a := by\n  norm_num -- done"),
        ("", "```python\nx = 1\n```"),
        ("no such language", "plain \u{202e}text"),
    ];
    let mut out = String::new();
    for (language, text) in texts {
        writeln!(out, "{}", read(text, &TextKind::Code(language.to_owned()))).unwrap();
    }
    assert_snapshot!(out);
}

/// The formulas of a document.
fn formulas(document: &Document) -> Vec<Arc<Formula>> {
    let mut found = Vec::new();
    let mut line = |inlines: &[Inline]| {
        found.extend(inlines.iter().filter_map(|inline| match &inline.kind {
            InlineKind::Formula(formula) => Some(Arc::clone(formula)),
            _ => None,
        }));
    };
    for block in &document.blocks {
        match &block.kind {
            BlockKind::Text(inlines) | BlockKind::Heading(_, inlines) => line(inlines),
            BlockKind::Table(table) => table.rows.iter().flatten().for_each(|cell| line(cell)),
            _ => {}
        }
    }
    found.extend(document.blocks.iter().filter_map(|block| match &block.kind {
        BlockKind::Formula(formula) => Some(Arc::clone(formula)),
        _ => None,
    }));
    found
}

/// All texts of the data sets in which a formula could stand, each once.
fn texts(data: &Path) -> BTreeSet<String> {
    let mut folders: Vec<PathBuf> = SETS.iter().map(|set| data.join(set)).collect();
    let mut found = BTreeSet::new();
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => strings(value, &mut found),
            Err(_) => {
                text.lines().filter_map(|line| serde_json::from_str(line).ok()).for_each(|v| strings(v, &mut found));
            }
        }
    }
    found
}

fn strings(value: Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.contains(['$', '\\']) => {
            found.insert(text);
        }
        Value::Array(list) => list.into_iter().for_each(|value| strings(value, found)),
        Value::Object(map) => map.into_iter().for_each(|(_, value)| strings(value, found)),
        _ => {}
    }
}

/// `cargo nextest run --workspace -E 'test(published_formulas)' --no-capture` shows the figures.
#[test]
fn published_formulas_are_typeset() {
    let Some(data) = data() else { return };
    let texts = texts(&data);
    let begun = Instant::now();
    let set = Formulas::default();
    let mut distinct: BTreeMap<(String, bool), Arc<Formula>> = BTreeMap::new();
    for text in &texts {
        for formula in formulas(&Document::read_with(text, &TextKind::Prose, &set)) {
            distinct.insert((formula.tex.clone(), formula.display), formula);
        }
    }
    let took = begun.elapsed();
    let mut failed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for formula in distinct.values() {
        if let FormulaState::Failed(reason) = &formula.state {
            failed.entry(reason).or_default().push(&formula.tex);
        }
    }
    let count: usize = failed.values().map(Vec::len).sum();
    let share = 100.0 - 100.0 * count as f64 / distinct.len() as f64;
    println!(
        "{} texts, {} distinct formulas, {count} not typeset: {share:.2}% in {took:.1?}",
        texts.len(),
        distinct.len()
    );
    let mut failed: Vec<_> = failed.into_iter().collect();
    failed.sort_by_key(|(_, formulas)| std::cmp::Reverse(formulas.len()));
    for (reason, formulas) in failed.iter().take(20) {
        println!("{:5} {reason}: {:?}", formulas.len(), formulas.first());
    }
    assert!(distinct.len() > 20_000, "the data sets hold formulas");
    assert!(share >= SHARE, "{share:.2}% of {} are typeset", distinct.len());
}

/// Cuts, doubles and swaps parts of real texts for as long as `SECONDS` and reads what comes of it.
///
/// `cargo nextest run --workspace --run-ignored only -E 'test(mutated_texts)' --no-capture`
#[test]
#[ignore = "runs for minutes"]
fn mutated_texts_are_read() {
    const SECONDS: u64 = 180;
    let Some(data) = data() else { return };
    let texts: Vec<String> = texts(&data).into_iter().collect();
    // Without optimisation, all takes longer.
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 1_000 } else { 50 });
    let mut lot = Lot(0x9e37_79b9_7f4a_7c15);
    let (begun, mut count, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        let text = mutated(&texts, &mut lot);
        let read = Instant::now();
        let document = Document::read(&text, &TextKind::Prose);
        let took = read.elapsed();
        assert!(count == 0 || took < limit, "{took:?} for {text:?}");
        assert!(document.blocks.iter().all(|block| text.get(block.source.clone()).is_some()), "{text:?}");
        slowest = if count == 0 { slowest } else { slowest.max(took) };
        count += 1;
    }
    println!("{count} texts read, the slowest in {slowest:?}");
}

/// Numbers by lot, always the same ones.
struct Lot(u64);

impl Lot {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

/// A part of one text in a part of another one, with signs put in and taken out; less than 2 KB.
fn mutated(texts: &[String], lot: &mut Lot) -> String {
    const SIGNS: [char; 16] = ['$', '\\', '{', '}', '[', ']', '(', '^', '_', '&', '%', '`', '*', '\n', '|', '\u{0}'];
    let part = |lot: &mut Lot| {
        let chars: Vec<char> = texts[lot.below(texts.len())].chars().take(700).collect();
        let start = lot.below(chars.len());
        let end = start + lot.below(chars.len() - start + 1);
        chars[start..end].to_vec()
    };
    let mut chars = part(lot);
    let other = part(lot);
    let at = lot.below(chars.len() + 1);
    chars.splice(at..at, other);
    for _ in 0..lot.below(8) {
        let at = lot.below(chars.len().max(1));
        match lot.below(3) {
            0 if at < chars.len() => drop(chars.remove(at)),
            1 if at < chars.len() => chars[at] = SIGNS[lot.below(SIGNS.len())],
            _ => chars.insert(at.min(chars.len()), SIGNS[lot.below(SIGNS.len())]),
        }
    }
    chars.into_iter().collect()
}
