//! The dialogs of similar steps and of duplicates.

use stepscope_core::job::Progress;
use stepscope_core::model::StepRating;
use stepscope_core::query::{Alike, Duplicates, TextSaid};

use super::card::rating_text;
use super::{Chip, Tone, file_names, one_line};
use crate::state::open::name_of;
use crate::state::similar::{
    AlikeBy, DuplicatesDraft, LOOKED_AT, NEARS, OwnEncoder, SimilarDraft, SimilarEntry, said_words,
};

/// Characters of a text that are shown: about two lines.
const TEXT: usize = 170;

/// Longest name of a trace, in characters.
const NAME: usize = 50;

/// How to compare by meaning.
const NO_ENCODER: &str = "By words. Choose the folder of a sentence encoder, such as all-MiniLM-L6-v2, to compare by \
                          meaning as well; it runs on this computer.";

/// Pairs of files and clusters that the dialog lists.
const PAIRS: usize = 6;
const CLUSTERS: usize = 300;

/// What a job is doing, and how far it is.
pub type Doing = (String, Option<f32>);

/// The dialog of similar steps.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SimilarModel {
    /// What others are to be like.
    pub text: String,
    /// What is being done; `None` when it is done.
    pub doing: Option<Doing>,
    /// How many steps say the same; or that nothing is like it.
    pub summary: String,
    /// The entries, those that say the same first.
    pub entries: Vec<SimilarLine>,
    /// Position of the selected one.
    pub selected: usize,
    /// By what neighbours can be found, and which of these it is; none without a sentence encoder.
    pub ways: Vec<Way>,
    /// How to get an encoder, where there is none.
    pub hint: &'static str,
    /// The button that chooses one.
    pub choose: &'static str,
}

/// A way to find neighbours.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Way {
    /// Its name.
    pub title: String,
    /// What it compares.
    pub hint: String,
    /// It is the one in use.
    pub chosen: bool,
    /// What it stands for.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub by: AlikeBy,
}

/// An entry.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SimilarLine {
    /// How near it is, 0 to 1, or `same`.
    pub score: String,
    /// The trace and the number of the step.
    pub title: String,
    /// The file, and how many more there are.
    pub place: String,
    /// What it says.
    pub text: String,
    /// How it was labelled.
    pub chips: Vec<Chip>,
}

impl SimilarModel {
    /// Builds it; what a source says of steps is shown only where `shows` allows it. `encoder` is the folder of the
    /// sentence encoder that was chosen.
    pub fn new(
        draft: &SimilarDraft,
        encoder: Option<&str>,
        progress: Option<&Progress>,
        shows: impl Fn(&TextSaid) -> bool,
    ) -> Self {
        let ways = encoder.map(|encoder| ways(encoder, draft.by)).unwrap_or_default();
        let (hint, choose) = match encoder {
            Some(_) => ("", "Other encoder…"),
            None => (NO_ENCODER, "Choose an encoder…"),
        };
        let text = one_line(&draft.text, TEXT);
        let Some(found) = &draft.found else {
            let (summary, doing) = (String::new(), Some(doing(progress)));
            return Self { text, doing, summary, entries: Vec::new(), selected: 0, ways, hint, choose };
        };
        let same = found.same.as_ref().map(|same| (same.similar.steps.len(), same.similar.traces));
        let summary = match (same, found.hits.is_empty()) {
            (Some((1, _)), _) => "1 other step says exactly the same".to_owned(),
            (Some((steps, 1)), _) => format!("{steps} other steps say exactly the same, all in one trace"),
            (Some((steps, traces)), _) => format!("{steps} other steps say exactly the same, in {traces} traces"),
            (None, true) if draft.by == AlikeBy::Meaning => "There is no other text to compare it with".to_owned(),
            (None, true) => "No other step shares a rare word with it".to_owned(),
            (None, false) => "No other step says exactly the same".to_owned(),
        };
        let entries = found.all().enumerate().map(|(at, entry)| line(entry, same.is_some() && at == 0, &shows));
        let entries: Vec<SimilarLine> = entries.collect();
        let selected = draft.selected.min(entries.len().saturating_sub(1));
        Self { text, doing: None, summary, entries, selected, ways, hint, choose }
    }

    /// The next way, or the one before.
    pub fn turned(&self, forward: bool) -> Option<AlikeBy> {
        let at = self.ways.iter().position(|way| way.chosen)?;
        let at = if forward { at.checked_add(1) } else { at.checked_sub(1) };
        self.ways.get(at?).map(|way| way.by)
    }
}

fn ways(encoder: &str, chosen: AlikeBy) -> Vec<Way> {
    let way = |by, title: String, hint: String| Way { title, hint, chosen: by == chosen, by };
    vec![
        way(AlikeBy::Words, "by words".into(), "Steps that share rare words".into()),
        way(
            AlikeBy::Meaning,
            format!("by meaning ({})", one_line(&OwnEncoder::name(encoder), NAME)),
            format!("Steps that lie near by the sentence encoder in {encoder}"),
        ),
    ]
}

fn line(entry: &SimilarEntry, is_same: bool, shows: &impl Fn(&TextSaid) -> bool) -> SimilarLine {
    let similar = &entry.similar;
    let number = similar.steps.first().map_or(0, |at| u64::from(at.step) + 1);
    let file = name_of(std::path::Path::new(&entry.file));
    let more = match (similar.steps.len(), similar.traces) {
        (0 | 1, _) => String::new(),
        (steps, 1) => format!(" · {} more in this trace", steps - 1),
        (steps, traces) => format!(" · {} more, in {traces} traces", steps - 1),
    };
    SimilarLine {
        score: if is_same { "same".into() } else { format!("{:.2}", similar.score) },
        title: format!("{} · step {number}", one_line(&entry.name, NAME)),
        place: format!("{file}{more}"),
        text: one_line(&similar.text, TEXT),
        chips: entry.said.iter().filter(|said| shows(said)).map(|said| chip(said, similar.steps.len())).collect(),
    }
}

fn chip(said: &TextSaid, steps: usize) -> Chip {
    let (sign, tone) = match (said.first_error, said.rating) {
        (true, _) => ("✖ ", Tone::Bad),
        (false, Some(rating)) => (rating_sign(rating), rating_text(rating).1),
        (false, None) => ("", Tone::Muted),
    };
    let source = said.source.to_string();
    let of = match (said.steps, steps) {
        (1, 1) => "this step".to_owned(),
        (some, all) if all <= LOOKED_AT => format!("{some} of the {all} steps with this text"),
        (some, _) => format!("{some} of the first {LOOKED_AT} steps with this text"),
    };
    Chip {
        text: format!("{sign}{} · {source}", said_words(said)),
        tone,
        imported: source.starts_with("imported"),
        hint: format!("{source} says so of {of}"),
    }
}

const fn rating_sign(rating: StepRating) -> &'static str {
    match rating {
        StepRating::Good => "✔ ",
        StepRating::Neutral => "● ",
        StepRating::Bad => "✖ ",
        StepRating::Unsure => "? ",
    }
}

/// The dialog of duplicates.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct DuplicatesModel {
    /// From which shares of common words on problems can be taken for nearly the same; and whether it is the one in use.
    pub nears: Vec<(u32, String, bool)>,
    /// What is being done; `None` when it is done.
    pub doing: Option<Doing>,
    /// What each two files share.
    pub pairs: Vec<String>,
    /// The clusters: what they are, what is asked.
    pub entries: Vec<(String, String)>,
    /// How many there are.
    pub summary: String,
    /// Position of the selected one.
    pub selected: usize,
}

impl DuplicatesModel {
    /// Builds it.
    pub fn new(draft: &DuplicatesDraft, progress: Option<&Progress>) -> Self {
        let title = |near: u32| if near > 100 { "equal only".to_owned() } else { format!("{near} %") };
        let nears = NEARS.map(|near| (near, title(near), near == draft.near)).into();
        let Some(found) = &draft.found else {
            let (doing, none) = (Some(doing(progress)), Vec::new());
            return Self { nears, doing, pairs: Vec::new(), entries: none, summary: String::new(), selected: 0 };
        };
        let entry = |cluster: &Alike| (sentence(&cluster_text(cluster)), one_line(&cluster.asks, TEXT));
        let entries: Vec<(String, String)> = found.clusters.iter().take(CLUSTERS).map(entry).collect();
        let selected = draft.selected.min(entries.len().saturating_sub(1));
        Self { nears, doing: None, pairs: pairs(found), entries, summary: summary(found), selected }
    }

    /// The share after the one in use, or before it.
    pub fn turned(&self, forward: bool) -> Option<u32> {
        let at = self.nears.iter().position(|(_, _, chosen)| *chosen)?;
        let next = at.checked_add_signed(if forward { 1 } else { -1 })?;
        self.nears.get(next).map(|(near, ..)| *near)
    }
}

fn pairs(found: &Duplicates) -> Vec<String> {
    let mut pairs: Vec<String> = found
        .pairs
        .iter()
        .take(PAIRS)
        .map(|pair| {
            let files = file_names(pair.files.iter().map(String::as_str));
            format!("{} share {}", files.join(" and "), pair.words())
        })
        .collect();
    if found.pairs.len() > PAIRS {
        pairs.push(format!("and {} more pairs of files", found.pairs.len() - PAIRS));
    }
    pairs
}

fn summary(found: &Duplicates) -> String {
    match found.clusters.len() {
        0 => "No problem stands in several files or in nearly the same words, and no trace twice".into(),
        1 => "1 group of traces".into(),
        all if all > CLUSTERS => {
            format!(
                "{all} groups of traces, of which the first {CLUSTERS} are listed; `stepscope duplicates` lists all"
            )
        }
        all => format!("{all} groups of traces"),
    }
}

/// What a cluster is, in words that go on a sentence.
pub fn cluster_text(cluster: &Alike) -> String {
    let files = file_names(cluster.files.iter().map(String::as_str));
    let files = match files.as_slice() {
        [] => String::new(),
        [one] => format!(" in {one}"),
        [one, two] => format!(" in {one} and {two}"),
        [one, rest @ ..] => format!(" in {one} and {} other files", rest.len()),
    };
    let traces = if cluster.rows.len() == 1 { "1 trace".to_owned() } else { format!("{} traces", cluster.rows.len()) };
    format!("{}: {traces}{files}", cluster.likeness.words())
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn doing(progress: Option<&Progress>) -> Doing {
    progress.map_or_else(
        || ("Looking…".into(), None),
        |progress| {
            (if progress.note.is_empty() { "Looking…".into() } else { progress.note.clone() }, progress.fraction())
        },
    )
}
