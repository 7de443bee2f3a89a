//! Label sources side by side: the line above the steps that names them, and what they say of each step.

use stepscope_core::labels::{Consensus, ConsensusRule, LabelSource, Place, Voice, Why};
use stepscope_core::model::{ScoreKind, StepIndex};

use super::Tone;
use super::card::rating_text;
use super::scores::{score_text, score_tone};
use crate::state::sources::SideVoices;

/// Numbers of steps that are named one by one.
const MOST_NAMED: usize = 8;

/// What stands above the steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SourcesModel {
    /// One for each column.
    pub heads: Vec<SourceHead>,
    /// How far they differ, or why nothing is shown.
    pub summary: String,
    /// They differ on some step.
    pub differ: bool,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SourceHead {
    /// Who speaks.
    pub name: String,
    /// Where it first goes wrong, with a sign.
    pub first_error: String,
    /// What that means.
    pub tone: Tone,
    /// The source as it is written, and why it says nothing clear.
    pub hint: String,
}

/// What the sources say of one step, in the order of the heads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SourcesRow {
    /// One for each column.
    pub cells: Vec<SourceCell>,
    /// They differ.
    pub differs: bool,
    /// All of it in words.
    pub name: String,
}

/// What one source says of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SourceCell {
    /// Sign and word.
    pub text: String,
    /// What it means.
    pub tone: Tone,
    /// It has the first error here.
    pub is_first: bool,
}

impl SourcesModel {
    /// The heads. `number` gives the number on the shown path of a step of the source; `own` is the annotator.
    pub fn new(side: &SideVoices, number: impl Fn(StepIndex) -> Option<usize>, own: &str) -> Self {
        let heads = side.sources.iter().zip(&side.voices).map(|(source, voice)| head(source, voice, &number, own));
        // No more than are named: a trace may have thousands, and this is made in each frame.
        let numbers = side.differ.iter().filter_map(|step| number(*step)).take(MOST_NAMED + 1);
        let mut named: Vec<String> = numbers.map(|number| number.to_string()).collect();
        if let Some(last) = named.get_mut(MOST_NAMED) {
            *last = "…".into();
        }
        let steps = |count: usize| if count == 1 { "1 step".to_owned() } else { format!("{count} steps") };
        let summary = match (side.voices.len(), side.differ.len()) {
            (0, _) => "No label source is chosen".into(),
            (1, _) => format!("One label source; it rates {}", steps(side.rated)),
            (_, 0) if side.rated == 0 => "None of them says anything of this trace".into(),
            (_, 0) => format!("No difference; {} rated", steps(side.rated)),
            (_, count) if named.is_empty() => format!("≠ differ on {}, on another path", steps(count)),
            (_, count) => format!("≠ differ on {count} of {} rated: {}", steps(side.rated), named.join(", ")),
        };
        Self { heads: heads.collect(), summary, differ: !side.differ.is_empty() }
    }

    /// The same where nothing can be shown.
    pub fn without(why: impl Into<String>) -> Self {
        Self { summary: why.into(), ..Self::default() }
    }
}

impl SourcesRow {
    /// What they say of that step of the source, whose number on the path is given; `None` where nobody says anything.
    pub fn new(side: &SideVoices, step: StepIndex, number: usize, own: &str) -> Option<Self> {
        let cells: Vec<SourceCell> = side.voices.iter().map(|voice| cell(voice, step)).collect();
        if cells.iter().all(|cell| cell.text == SILENT) {
            return None;
        }
        let differs = side.differs(step);
        let said = side.sources.iter().zip(&cells).map(|(source, cell)| {
            let says = if cell.text == SILENT { "nothing" } else { cell.text.trim_start_matches(SIGNS) };
            format!("{} says {says}", short_name(source, own))
        });
        let said = said.collect::<Vec<_>>().join(", ");
        let verdict = if differs { "sources differ: " } else { "" };
        Some(Self { cells, differs, name: format!("Step {number}, {verdict}{said}") })
    }
}

const SILENT: &str = "–";
const SIGNS: [char; 5] = ['✔', '✖', '●', '?', ' '];

fn head(source: &LabelSource, voice: &Voice, number: &impl Fn(StepIndex) -> Option<usize>, own: &str) -> SourceHead {
    let unclear = voice.unclear.as_ref().filter(|unclear| unclear.why != Why::NoLabels);
    let speaks = voice.said.ratings.iter().any(Option::is_some);
    let (first_error, tone) = match (voice.first_error, unclear) {
        (Some(Place::NoError), _) => ("✔ no error".into(), Tone::Good),
        (Some(Place::Step(step)), _) => match number(step) {
            Some(number) => (format!("✖ at step {number}"), Tone::Bad),
            None => ("✖ on another path".into(), Tone::Bad),
        },
        (None, Some(_)) => ("⚠ unclear".into(), Tone::Unsure),
        (None, None) if speaks => ("rates steps".into(), Tone::Muted),
        (None, None) => ("– says nothing".into(), Tone::Muted),
    };
    let why = unclear.map(|unclear| format!("\nSays nothing clear: {}", unclear.reason)).unwrap_or_default();
    SourceHead { name: short_name(source, own), first_error, tone, hint: format!("{source}{why}") }
}

fn cell(voice: &Voice, step: StepIndex) -> SourceCell {
    let at = step as usize;
    let is_first = voice.first_error == Some(Place::Step(step));
    let rating = voice.said.ratings.get(at).copied().flatten();
    let soft = voice.said.soft.get(at).copied().flatten();
    let (text, tone) = match (rating, soft) {
        _ if is_first => ("✖ first error".to_owned(), Tone::Bad),
        (Some(rating), _) => {
            let (text, tone) = rating_text(rating);
            (text.to_owned(), tone)
        }
        (None, Some(soft)) => (score_text(soft), score_tone(ScoreKind::Correctness, soft)),
        (None, None) => (SILENT.to_owned(), Tone::Muted),
    };
    SourceCell { text, tone, is_first }
}

/// A source in a word or two; `own` is the annotator who looks.
pub fn short_name(source: &LabelSource, own: &str) -> String {
    match source {
        LabelSource::Own(None) => "you".into(),
        LabelSource::Own(Some(name)) if name == own => "you".into(),
        LabelSource::Own(Some(name)) | LabelSource::Imported(Some(name)) => name.clone(),
        LabelSource::Imported(None) => "data".into(),
        LabelSource::Scorer { name, threshold } => format!("{name} ≥ {threshold}"),
        LabelSource::Consensus(Consensus { rule, members, .. }) => {
            let rule = match rule {
                ConsensusRule::All => "all",
                ConsensusRule::Majority => "majority",
                ConsensusRule::AnyBad => "any bad",
                ConsensusRule::FirstError => "same first error",
            };
            if members.is_empty() { format!("{rule} of annotators") } else { format!("{rule} of {}", members.len()) }
        }
    }
}

/// Sources by their short names, for a line.
pub fn named(sources: &[LabelSource], own: &str) -> String {
    sources.iter().map(|source| short_name(source, own)).collect::<Vec<_>>().join(", ")
}

/// What a source is, in words.
pub const fn sort_of(source: &LabelSource) -> &'static str {
    match source {
        LabelSource::Own(_) => "an annotator of this project",
        LabelSource::Imported(_) => "labels that came with the data",
        LabelSource::Scorer { .. } => "good from this score on, else bad",
        LabelSource::Consensus(_) => "what several sources agree on",
    }
}

/// An entry of the dialog that chooses sources.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SourceEntry {
    /// The source.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub source: LabelSource,
    /// As it is written.
    pub title: String,
    /// What it is.
    pub detail: &'static str,
    /// It is compared.
    pub chosen: bool,
}

/// The entries: what there is, and what was typed.
pub fn entries(listed: Vec<LabelSource>, in_use: &[LabelSource]) -> Vec<SourceEntry> {
    let entry = |source: LabelSource| SourceEntry {
        title: source.to_string(),
        detail: sort_of(&source),
        chosen: in_use.contains(&source),
        source,
    };
    listed.into_iter().map(entry).collect()
}

/// The sources in use with one more or one less.
pub fn toggled(in_use: &[LabelSource], source: &LabelSource) -> Vec<LabelSource> {
    let mut now = in_use.to_vec();
    if now.contains(source) {
        now.retain(|other| other != source);
    } else {
        now.push(source.clone());
    }
    now
}

#[cfg(test)]
mod tests {
    use stepscope_core::labels::Resolved;
    use stepscope_core::model::StepRating::{self, Bad, Good, Neutral};

    use super::*;

    fn voice(ratings: &[Option<StepRating>], first_error: Option<Place>) -> Voice {
        let mut said = Resolved::default();
        (said.ratings, said.soft) = (ratings.to_vec(), vec![None; ratings.len()]);
        Voice { said, first_error, unclear: None }
    }

    fn side() -> SideVoices {
        let mut mc = voice(&[None, None, Some(Bad)], None);
        mc.said.soft = vec![Some(0.75), None, Some(0.0)];
        SideVoices {
            sources: ["own:ann", "own:bob", "imported:mc", "scorer:prm@0.5"]
                .map(|source| source.parse().unwrap())
                .to_vec(),
            voices: vec![
                voice(&[Some(Good), Some(Bad), None], Some(Place::Step(1))),
                voice(&[Some(Good), Some(Neutral), Some(Good)], Some(Place::NoError)),
                mc,
                voice(&[None; 3], None),
            ],
            differ: vec![1, 2],
            rated: 3,
        }
    }

    #[test]
    fn heads_say_who_has_the_first_error_where() {
        let model = SourcesModel::new(&side(), |step| (step < 2).then_some(step as usize + 1), "ann");
        let heads: Vec<(&str, &str)> =
            model.heads.iter().map(|head| (head.name.as_str(), head.first_error.as_str())).collect();
        let expected =
            [("you", "✖ at step 2"), ("bob", "✔ no error"), ("mc", "rates steps"), ("prm ≥ 0.5", "– says nothing")];
        assert_eq!(heads, expected);
        assert_eq!(model.summary, "≠ differ on 2 of 3 steps rated: 2", "the other is on another path");
        let agreed = SideVoices { differ: Vec::new(), ..side() };
        let model = SourcesModel::new(&agreed, |_| None, "ann");
        assert_eq!((model.summary.as_str(), model.differ), ("No difference; 3 steps rated", false));
        assert_eq!(model.heads[0].first_error, "✖ on another path");
    }

    #[test]
    fn cells_have_a_sign_and_a_word() {
        let side = side();
        let words = |step| {
            let row = SourcesRow::new(&side, step, step as usize + 1, "ann").unwrap();
            (row.cells.into_iter().map(|cell| cell.text).collect::<Vec<_>>().join(" | "), row.differs)
        };
        assert_eq!(words(0), ("✔ good | ✔ good | 0.75 | –".to_owned(), false));
        assert_eq!(words(1), ("✖ first error | ● neutral | – | –".to_owned(), true));
        assert_eq!(words(2), ("– | ✔ good | ✖ bad | –".to_owned(), true));
        let row = SourcesRow::new(&side, 1, 2, "ann").unwrap();
        let name =
            "Step 2, sources differ: you says first error, bob says neutral, mc says nothing, prm ≥ 0.5 says nothing";
        assert_eq!(row.name, name);
        assert_eq!(SourcesRow::new(&side, 3, 4, "ann"), None, "nobody speaks of a step after the first error");
    }

    #[test]
    fn sources_have_short_names() {
        let short = |source: &str| short_name(&source.parse().unwrap(), "ann");
        assert_eq!((short("own:ann"), short("own:bob")), ("you".into(), "bob".into()));
        assert_eq!((short("imported"), short("imported:human")), ("data".into(), "human".into()));
        assert_eq!(short("consensus:first-error(own:ann,imported:mc>0)"), "same first error of 2");
        assert_eq!(short("consensus:any-bad"), "any bad of annotators");
    }

    #[test]
    fn a_source_is_taken_in_and_out() {
        let [a, b]: [LabelSource; 2] = ["own:ann", "imported"].map(|source| source.parse().unwrap());
        assert_eq!(toggled(std::slice::from_ref(&a), &b), [a.clone(), b.clone()]);
        assert_eq!(toggled(&[a.clone(), b.clone()], &a), std::slice::from_ref(&b));
        let entries = entries(vec![a.clone(), b], &[a]);
        assert_eq!(entries.iter().map(|entry| entry.chosen).collect::<Vec<_>>(), [true, false]);
    }
}
