//! The card of a folder for the hub of Hugging Face: what `datasets.load_dataset` reads, and how the rows were made.

use std::fmt::Write as _;

use super::features::Features;
use super::manifest::Manifest;
use super::split::SplitPart;

/// Bounds of the hub's classes of size, in rows.
const SIZES: [(u64, &str); 6] = [
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
];

/// The text of the card. Says nothing of a licence: that is for those whose data these are.
pub(super) fn card(manifest: &Manifest, features: Option<&Features>, caption: &str) -> String {
    let mut card = String::new();
    // Writing to a string cannot fail.
    write_card(&mut card, manifest, features, caption).ok();
    card
}

fn write_card(
    card: &mut String,
    manifest: &Manifest,
    features: Option<&Features>,
    caption: &str,
) -> Result<(), std::fmt::Error> {
    let parts = parts(manifest);
    let size = SIZES.iter().find(|(bound, _)| manifest.rows < *bound).map_or("100M<n<1B", |(_, name)| name);
    writeln!(card, "---\n# license: choose one; it is yours to give\nsize_categories:\n- {size}")?;
    writeln!(card, "tags:\n- {}\n- stepscope", manifest.format.replace('_', "-"))?;
    writeln!(card, "configs:\n- config_name: default\n  data_files:")?;
    for (part, _, _) in &parts {
        let end = manifest.files.iter().find(|file| is_of(file.part, *part)).map_or("", |file| {
            file.file.split_once("-of-").and_then(|(_, rest)| rest.split_once('.')).map_or("", |(_, end)| end)
        });
        writeln!(card, "  - split: {}\n    path: data/{}-*.{end}", part.name(), part.name())?;
    }
    if let Some(yaml) = features.and_then(|features| features.yaml(2)) {
        write!(card, "dataset_info:\n  features:\n{yaml}  splits:\n")?;
        for (part, rows, bytes) in &parts {
            writeln!(card, "  - name: {}\n    num_bytes: {bytes}\n    num_examples: {rows}", part.name())?;
        }
        let all = manifest.bytes;
        writeln!(card, "  download_size: {all}\n  dataset_size: {all}")?;
    }
    writeln!(card, "---\n\n# {}\n", manifest.file)?;
    writeln!(card, "{caption}. Written by Stepscope {} as `{}`.\n", manifest.stepscope, manifest.format)?;
    writeln!(card, "## Rows\n\n| Split | Rows |\n|---|---:|")?;
    for (part, rows, _) in &parts {
        writeln!(card, "| {} | {rows} |", part.name())?;
    }
    let counts: Vec<String> = manifest.counts.0.iter().map(|(name, count)| format!("{count} {name}")).collect();
    writeln!(card, "\nCounted: {}.", counts.join(", "))?;
    how(card, manifest)?;
    sources(card, manifest)
}

fn how(card: &mut String, manifest: &Manifest) -> std::fmt::Result {
    writeln!(card, "\n## How it was made\n")?;
    match &manifest.labels {
        Some(labels) => writeln!(card, "- Labels: `{labels}`")?,
        None => writeln!(card, "- Labels: all there are")?,
    }
    if let Some(selection) = &manifest.selection {
        writeln!(card, "- Traces: `{selection}`")?;
    }
    for (name, value) in &manifest.policy {
        writeln!(card, "- `{name}`: `{}`", value.escape_debug())?;
    }
    if let Some(split) = &manifest.split {
        let asked = &split.asked;
        writeln!(
            card,
            "- Split by problem, problems that share {} of their runs of three words together; seed {}",
            asked.near, asked.seed
        )?;
    }
    if let Some(gone) = &manifest.decontamination {
        let files: Vec<String> = gone.tests.iter().map(|test| format!("`{}`", file_name(&test.path))).collect();
        writeln!(
            card,
            "- {} problems with {} rows are not here because they are like problems of {}",
            gone.problems,
            gone.rows,
            files.join(", ")
        )?;
    }
    if manifest.pseudonyms.is_some() {
        writeln!(card, "- Annotators go by pseudonyms")?;
    }
    let left_out: u64 = manifest.left_out_by_rule.values().sum();
    if left_out > 0 {
        let rules = manifest.left_out_by_rule.iter().map(|(rule, count)| format!("{count} {}", rule.caption()));
        writeln!(card, "- {left_out} traces or paths left out: {}", rules.collect::<Vec<_>>().join(", "))?;
    }
    writeln!(card, "\n`manifest.json` has all of it, with the hashes of every file read and written.")
}

fn sources(card: &mut String, manifest: &Manifest) -> std::fmt::Result {
    if manifest.sources.is_empty() {
        return Ok(());
    }
    writeln!(card, "\n## Sources\n\n| File | Format | Traces | SHA-256 |\n|---|---|---:|---|")?;
    for source in &manifest.sources {
        let name = file_name(&source.path).replace('|', "\\|");
        writeln!(card, "| {name} | {} | {} | `{}` |", source.format, source.traces, source.sha256)?;
    }
    Ok(())
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

const fn is_of(part: Option<SplitPart>, wanted: SplitPart) -> bool {
    match part {
        None => matches!(wanted, SplitPart::Train),
        Some(part) => part as u8 == wanted as u8,
    }
}

/// The parts that have rows, each with how many and their bytes.
fn parts(manifest: &Manifest) -> Vec<(SplitPart, u64, u64)> {
    let sums = SplitPart::ALL.map(|part| {
        let files = || manifest.files.iter().filter(|file| is_of(file.part, part));
        (part, files().map(|file| file.rows).sum::<u64>(), files().map(|file| file.bytes).sum::<u64>())
    });
    sums.into_iter().filter(|(_, rows, _)| *rows > 0).collect()
}
