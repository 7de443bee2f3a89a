//! What stands beside the open trace: its steps, which of them correspond, and where the two part.

use stepscope_core::model::Verdict;

use super::reader::ReaderModel;
use super::take::outcome;
use super::{Chip, Tone, one_line};
use crate::state::OpenTrace;
use crate::state::beside::{BesideDraft, BesideState, BesideWhat, Candidate, Side, SideLink};
use crate::text::TextKind;

/// Longest title, in characters.
const MOST: usize = 60;

/// The side.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct BesideModel<'a> {
    /// What stands there.
    pub title: String,
    /// How it ended.
    pub chips: Vec<Chip>,
    /// How many steps correspond.
    pub summary: String,
    /// Why nothing is shown; empty where something is.
    pub empty: &'static str,
    /// Steps at the start that both have, and whether they are shown one by one; `None` where there are none.
    pub shared: Option<(String, bool)>,
    /// The steps.
    pub cards: Vec<BesideCard<'a>>,
    /// Differences are shown.
    pub diff: bool,
}

/// A step of the side.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct BesideCard<'a> {
    /// Its position, from 0.
    pub at: usize,
    /// Its number.
    pub number: &'a str,
    /// The text.
    pub text: &'a str,
    /// How it is to be read.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub reads: &'a TextKind,
    /// Names the text among those made ready.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub key: u64,
    /// The text of the corresponding step, where differences are shown.
    pub against: Option<&'a str>,
    /// The steps of the open trace that correspond.
    pub links: Vec<BesideLink>,
    /// It is the selected one of the side.
    pub selected: bool,
    /// It corresponds to the selected step of the open trace.
    pub is_partner: bool,
    /// Both have it.
    pub is_shared: bool,
}

/// A step of the open trace that corresponds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct BesideLink {
    /// Its number on the path, from 1.
    pub number: usize,
    /// The annotator said so.
    pub own: bool,
}

impl<'a> BesideModel<'a> {
    /// Builds it. `links` are those between the path shown and the side; `is_hidden` where blind annotators must not see
    /// it, `shows_verdict` where they may see how it ended.
    pub fn new(
        state: &'a BesideState,
        open: &'a OpenTrace,
        links: &[SideLink],
        is_comparing: bool,
        is_hidden: bool,
        shows_verdict: bool,
    ) -> Self {
        let Some(side) = &state.side else {
            let empty = "No reference solution and no other attempt. {beside.choose} lets any other trace stand here";
            return Self { title: "Nothing beside".into(), empty, ..Self::default() };
        };
        let title = one_line(&side.title, MOST);
        if is_hidden {
            return Self { title, empty: "The reference is hidden until you have judged", ..Self::default() };
        }
        let verdict = if shows_verdict { side.verdict } else { Verdict::Unknown };
        let folded = side.shared > 0 && !state.unfolded;
        let text_at = |left: usize| Some(open.trace.step(*open.path.get(left)?)?.text.as_str());
        let mut cards = Vec::with_capacity(side.steps.len());
        let mut of_right: Vec<Vec<&SideLink>> = vec![Vec::new(); side.steps.len()];
        for link in links {
            of_right.get_mut(link.right).into_iter().for_each(|links| links.push(link));
        }
        let first = if folded { side.shared } else { 0 };
        for ((at, step), links) in side.steps.iter().enumerate().zip(&of_right).skip(first) {
            let partner = links.iter().find(|link| link.left == open.at).or(links.first());
            cards.push(BesideCard {
                at,
                number: &step.number,
                text: &step.text,
                reads: &step.reads,
                key: step.key,
                against: partner.filter(|_| state.diff).and_then(|link| text_at(link.left)),
                links: links.iter().map(|link| BesideLink { number: link.left + 1, own: link.own }).collect(),
                selected: at == state.at,
                is_partner: links.iter().any(|link| link.left == open.at),
                is_shared: at < side.shared,
            });
        }
        let shared = (side.shared > 0).then(|| (shared_text(side, open), state.unfolded));
        let summary = summary(side, links, is_comparing);
        Self {
            title,
            chips: outcome(verdict).into_iter().collect(),
            summary,
            empty: "",
            shared,
            cards,
            diff: state.diff,
        }
    }
}

fn shared_text(side: &Side, open: &OpenTrace) -> String {
    let count = side.shared;
    let steps = if count == 1 { "The first step is".to_owned() } else { format!("The first {count} steps are") };
    match (count == open.path.len(), count == side.steps.len()) {
        (true, true) => "All steps are the same".to_owned(),
        (true, false) => format!("{steps} the same; this one goes on"),
        (false, true) => format!("{steps} the same; this one ends there"),
        (false, false) => format!("{steps} the same"),
    }
}

fn summary(side: &Side, links: &[SideLink], is_comparing: bool) -> String {
    if is_comparing {
        return "Comparing…".into();
    }
    let count = side.steps.len();
    let steps = if count == 1 { "1 step".to_owned() } else { format!("{count} steps") };
    let linked: std::collections::BTreeSet<usize> = links.iter().map(|link| link.right).collect();
    let own = links.iter().filter(|link| link.own).count();
    let said = if own > 0 { format!(", {own} said by you") } else { String::new() };
    format!("{} of {steps} correspond{said}", linked.len())
}

/// Marks in the reader which steps correspond to which of the side, and makes those paler that both have.
pub fn dress(reader: &mut ReaderModel<'_>, side: &Side, links: &[SideLink]) {
    let mut chips: Vec<Vec<Chip>> = vec![Vec::new(); reader.len()];
    let what = if side.what == BesideWhat::Solution { "of the reference" } else { "beside" };
    // Steps that are the same need no mark.
    for link in links.iter().filter(|link| link.own || link.left >= side.shared) {
        let (Some(step), Some(chips)) = (side.steps.get(link.right), chips.get_mut(link.left)) else { continue };
        chips.push(Chip {
            text: link_text(&step.number, link.own),
            tone: if link.own { Tone::Accent } else { Tone::Muted },
            imported: true,
            hint: if link.own {
                format!("You say that it corresponds to step {} {what}", step.number)
            } else {
                format!("Perhaps step {} {what}, by its words; {{beside.link}} says so", step.number)
            },
        });
    }
    reader.mark_beside(chips, side.shared);
}

/// The mark of a link: which step at the other side; a guess has a question mark.
pub fn link_text(number: &str, own: bool) -> String {
    if own { format!("↔ {number}") } else { format!("↔ {number}?") }
}

/// The dialog that chooses what stands beside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ChooseBesideModel {
    /// What was typed.
    pub text: String,
    /// The entries: title, why it is listed, how it ended.
    pub entries: Vec<(String, &'static str, Option<Chip>)>,
    /// Position of the selected one.
    pub selected: usize,
    /// Said where there are no entries.
    pub empty: &'static str,
}

impl ChooseBesideModel {
    /// Builds it; how the trace in a row of the store ended is shown only where `shows` allows it.
    pub fn new(draft: &BesideDraft, shows: impl Fn(u32) -> bool, is_finding: bool) -> Self {
        let entry = |candidate: &Candidate| {
            let may = matches!(candidate.what, BesideWhat::Trace(row) if shows(row));
            let chip = outcome(if may { candidate.verdict } else { Verdict::Unknown });
            (one_line(&candidate.title, MOST), candidate.detail, chip)
        };
        Self {
            text: draft.text.clone(),
            entries: draft.all().map(entry).collect(),
            selected: draft.selected,
            empty: match (is_finding, draft.text.trim().is_empty()) {
                (true, _) => "Looking…",
                (false, true) => "No reference solution and no other attempt; type the name of any other trace",
                (false, false) => "No trace has such a name",
            },
        }
    }
}
