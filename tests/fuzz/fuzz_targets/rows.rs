//! Any JSON value goes to every importer: as a row, as a sample, as labels, as what continues a trace.

#![no_main]

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use stepscope_core::import::{Sample, Unit, importers};

/// The keys that importers look for, so that values reach what reads them.
static KEYS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let needed = importers().flat_map(|importer| importer.needs()).copied().flatten().copied();
    let common = ["role", "content", "text", "id", "children", "labels", "scores", "0", "1", "2", "steps", "value", ""];
    needed.chain(common).collect()
});

/// Texts on which importers stand.
const TEXTS: [&str; 12] =
    ["", "N/A", "-1", "2", "user", "assistant", "tool", "Step 1: a\nStep 2: b", "a ки\nb ки", "[]", "{\"a\":", "true"];

#[derive(Debug)]
struct Row(Value);

impl<'a> Arbitrary<'a> for Row {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        value(input, 6).map(Self)
    }
}

fn value(input: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    Ok(match input.int_in_range(0..=if depth == 0 { 6 } else { 9 })? {
        0 => Value::Null,
        1 => bool::arbitrary(input)?.into(),
        2 => i8::arbitrary(input)?.into(),
        3 => f64::arbitrary(input)?.into(),
        4 => u64::arbitrary(input)?.into(),
        5 => (*input.choose(&TEXTS)?).into(),
        6 => String::arbitrary(input)?.into(),
        7 => {
            let count = input.int_in_range(0..=5)?;
            (0..count).map(|_| value(input, depth - 1)).collect::<Result<Vec<Value>>>()?.into()
        }
        _ => {
            let mut map = Map::new();
            for _ in 0..input.int_in_range(0..=8)? {
                map.insert((*input.choose(&KEYS)?).into(), value(input, depth - 1)?);
            }
            map.into()
        }
    })
}

fuzz_target!(|rows: Vec<Row>| {
    let rows: Vec<Value> = rows.into_iter().map(|row| row.0).collect();
    let Some((first, rest)) = rows.split_first() else { return };
    let sample = Sample { rows: rows.clone(), first_row: 1, ..Sample::default() };
    for importer in importers() {
        let unit = importer.recognise(&sample).map(|found| found.unit);
        importer.read_row(first.clone(), &sample).ok();
        importer.read_attachments(first.clone(), &sample).ok();
        // Only what says that its rows belong together is asked whether they do.
        if unit == Some(Unit::Group) {
            for row in rest {
                importer.continues(std::slice::from_ref(first), row);
            }
            importer.read_row(rows.clone().into(), &sample).ok();
        }
    }
});
