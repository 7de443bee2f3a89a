//! What is asked for: the question as it is being typed, what could be written next, the columns, the facets, the saved
//! views. The question in force, whose answer the table lists, is `ViewState::query`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use stepscope_core::query::{
    Facet, FacetValue, Fields, Filter, QueryError, Suggestion, Tells, clauses, field_before, tells,
};

use super::saved_views::SavedView;
use super::work::Visible;

/// So many questions are remembered.
const REMEMBERED: usize = 40;

/// What is asked for, besides the question in force.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// What stands in the field.
    pub text: String,
    /// Where the cursor stands in it, in bytes.
    pub cursor: usize,
    /// The cursor is to be put there, in bytes; a wish of one frame.
    pub put_cursor: Option<usize>,
    /// A colon came along with a name and ends at this byte: one that is typed there as well is the same.
    pub colon: Option<usize>,
    /// A question that waits until it is clear that no condition is being begun, and since when.
    pub deferred: Option<(String, std::time::Instant)>,
    /// Why the text is not in force.
    pub problem: Option<Problem>,
    /// What is probably not meant.
    pub doubts: Vec<QueryError>,
    /// What could be written at the cursor, while that is offered.
    pub offers: Vec<Suggestion>,
    /// The offer that the arrows have chosen.
    pub picked: Option<usize>,
    /// What can be asked about, once that is known.
    pub fields: Option<Arc<Fields>>,
    /// Earlier questions, the newest first.
    pub history: Vec<String>,
    /// Which of them stands in the field.
    pub recalled: Option<usize>,
    /// The conditions of the question in force.
    pub clauses: Vec<ClauseText>,
    /// What may be asked, as the rules of blind judging were when it was last looked at.
    pub permitted: Option<Visible>,
    /// The newest question in SQL.
    pub sql: Option<String>,
    /// The row of its answer that the keys are at.
    pub answer_at: usize,
    /// The columns of the table, by name; empty for the usual ones.
    pub columns: Vec<String>,
    /// The field that the table is sorted by, where it is none of the usual keys.
    pub by: Option<FieldSort>,
    /// Only these traces are listed, and why.
    pub among: Option<Among>,
    /// Values of further columns.
    pub cells: Cells,
    /// The facets.
    pub facets: FacetState,
    /// The saved views of the project, as they were last read.
    pub views: Vec<SavedView>,
    /// The view that is to be handed on; `None` for all of them.
    pub shared: Option<String>,
}

/// Why a question is not in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The bytes that are meant.
    pub span: Range<usize>,
    /// What is wrong; keys are named as `{command.id}`.
    pub message: String,
    /// The text as it was probably meant, and what is put there.
    pub remedy: Option<(String, String)>,
}

/// A condition of the question in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseText {
    /// As it is written.
    pub text: String,
    /// It is a text to search for.
    pub is_word: bool,
    /// It needs brackets beside another condition.
    pub is_open: bool,
}

/// An order by a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSort {
    /// The field.
    pub field: String,
    /// The largest first.
    pub descending: bool,
}

impl FieldSort {
    /// As it is written: `-FIELD` for the largest first.
    pub fn text(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.field)
    }

    /// Reads it.
    pub fn from_text(text: &str) -> Option<Self> {
        let (field, descending) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
        (!field.is_empty()).then(|| Self { field: field.to_owned(), descending })
    }
}

/// Traces to which the list is restricted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Among {
    /// Rows of the store, sorted.
    pub rows: Arc<Vec<u32>>,
    /// Where they come from.
    pub from: String,
}

/// Values of columns for the rows around those shown.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// The columns that they are of.
    pub columns: Vec<String>,
    /// When they were made: listing, labels, scores.
    pub stamp: (u64, u64, u64),
    /// Positions of the list that they cover.
    pub covered: Range<usize>,
    /// Positions that the table shows.
    pub shown: Range<usize>,
    /// The values by row of the store.
    pub values: Arc<HashMap<u32, Vec<String>>>,
}

/// The facets and how they are looked at.
#[derive(Clone, Debug, Default)]
pub struct FacetState {
    /// As they were last counted.
    pub shown: Option<Arc<Vec<Facet>>>,
    /// Why they could not be counted.
    pub failure: Option<String>,
    /// What was counted: listing, labels, scores.
    pub stamp: Option<(u64, u64, u64)>,
    /// Fields of which more than the most frequent values are shown.
    pub open: BTreeSet<String>,
    /// What is looked for among the values of a field.
    pub search: BTreeMap<String, String>,
    /// How long counting took, and when it ended: it is not begun again at once only because a label was given.
    pub took: std::time::Duration,
    /// When it ended.
    pub ended: Option<std::time::Instant>,
}

/// What the query bar, the facets and the dialogs beside them ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum AskRequest {
    /// The text was changed; the cursor stands at that byte.
    Type(String, usize),
    /// The cursor was moved.
    Move(usize),
    /// Choose another offer.
    Pick(isize),
    /// Write that offer.
    Take(usize),
    /// Offer nothing for now.
    CloseOffers,
    /// Write what was probably meant.
    TakeRemedy,
    /// Go back to an earlier question, or forth.
    Recall(isize),
    /// The field was left: the question is remembered.
    Left,
    /// Ask for that condition too; where it is asked for, no more.
    Toggle(String),
    /// Ask no more for the conditions at these places.
    Drop(Range<usize>),
    /// List all traces again, not only those of an answer.
    DropAmong,
    /// The table shows these positions.
    Showing(Range<usize>),
    /// Sort the table by that field; again for the other way round.
    SortBy(String),
    /// Show these columns.
    Columns(Vec<String>),
    /// Show more values of that facet, or only the most frequent.
    MoreValues(String),
    /// Look for a value of that facet.
    FindValue(String, String),
    /// Save what is listed under that name.
    SaveView(String),
    /// List what that view asks for.
    UseView(String),
    /// Delete that view.
    DeleteView(String),
    /// Ask for a file to write that view to, or all of them.
    AskShare(Option<String>),
    /// Write that view to that file, or all of them.
    Share(std::path::PathBuf, Option<String>),
    /// Ask for a file with views.
    AskRead,
    /// Take over the views of that file.
    Read(std::path::PathBuf),
    /// Answer the question in SQL.
    RunSql,
    /// List the traces of the answer.
    ListAnswer,
    /// Go to that row of the answer.
    PickAnswer(usize),
    /// Open the trace that this row of the answer names, at its step.
    OpenAnswer(usize),
    /// Ask for a file to write the answer to.
    AskSave,
    /// Write the answer to that file.
    SaveAnswer(std::path::PathBuf),
}

impl Asking {
    /// Takes over a text with the cursor at that byte. Gives the question where it can be put in force.
    pub fn read(&mut self, text: String, cursor: usize, permitted: Visible) -> Option<String> {
        self.text = text;
        self.cursor = cursor;
        self.recalled = None;
        self.check(permitted)
    }

    /// Reads the text again, as when more has become known of the project.
    pub fn check(&mut self, permitted: Visible) -> Option<String> {
        (self.problem, self.doubts) = (None, Vec::new());
        match read_question(&self.text, &self.fields(), permitted) {
            Err(problem) => {
                self.problem = Some(problem);
                None
            }
            Ok(filter) => {
                self.doubts = filter.doubts().to_vec();
                Some(self.text.clone())
            }
        }
    }

    /// What can be asked about, as far as it is known.
    pub fn fields(&self) -> Arc<Fields> {
        self.fields.clone().unwrap_or_default()
    }

    /// Offers what could be written at the cursor.
    pub fn offer(&mut self, permitted: Visible) {
        self.picked = None;
        self.offers = complete(&self.text, self.cursor, &self.fields(), permitted);
    }

    /// True where the text ends in what may become the name of a field: to search for it as a word would change the list
    /// while a condition is being typed.
    pub fn may_become_field(&self) -> bool {
        let text = self.text.trim_end();
        let is_ended = text.len() < self.text.len();
        let begins = |c: char| c.is_whitespace() || matches!(c, '(' | '-');
        let piece = text.rsplit(begins).next().unwrap_or_default().to_lowercase();
        let offers = stepscope_core::query::complete(text, text.len(), &self.fields());
        let is_name = |name: &str| if is_ended { name == piece } else { name.starts_with(&piece) };
        !piece.is_empty()
            && field_before(text, text.len()).is_none()
            && offers.iter().any(|offer| is_name(&offer.insert))
    }

    /// Offers nothing.
    pub fn close_offers(&mut self) {
        self.offers.clear();
        self.picked = None;
    }

    /// Takes the question in force apart into its conditions.
    pub fn note_clauses(&mut self, text: &str) {
        let found = clauses(text, &Fields::default()).unwrap_or_default();
        let clause = |clause: stepscope_core::query::Clause| ClauseText {
            text: text.get(clause.span).unwrap_or_default().to_owned(),
            is_word: clause.is_word,
            is_open: clause.is_open,
        };
        self.clauses = found.into_iter().map(clause).collect();
    }

    /// Where that condition stands among those of the question in force.
    pub fn place_of(&self, clause: &str) -> Option<usize> {
        place_of(&self.clauses, clause)
    }

    /// True where the question in force asks for that condition.
    pub fn asks(&self, clause: &str) -> bool {
        self.place_of(clause).is_some()
    }

    /// The question with that condition of a facet instead of its opposite; and where it asks for a value, instead of
    /// those that ask for another value of the same facet.
    pub fn choosing(&self, clause: &str) -> String {
        let opposite = clause.strip_prefix('-').map_or_else(|| format!("-{clause}"), str::to_owned);
        let facets = self.facets.shown.as_deref().into_iter().flatten();
        let asks = |facet: &&Facet| facet.values.iter().any(|value| value.include == clause);
        let rivals = facets.filter(asks).flat_map(|facet| {
            // Files may be asked for by their name alone.
            let name = |value: &FacetValue| value.value.rsplit(['/', '\\']).next().map(|name| format!("file:{name}"));
            let names = facet.values.iter().filter_map(name).filter(|_| facet.field == "file");
            facet.values.iter().map(|value| value.include.clone()).chain(names)
        });
        let gone: BTreeSet<usize> = rivals.chain([opposite]).filter_map(|other| self.place_of(&other)).collect();
        let kept =
            self.clauses.iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, clause)| closed(clause));
        kept.chain([clause.to_owned()]).collect::<Vec<_>>().join(" ")
    }

    /// The question without the conditions at these places.
    pub fn without(&self, places: &Range<usize>) -> String {
        let kept = self.clauses.iter().enumerate().filter(|(at, _)| !places.contains(at));
        kept.map(|(_, clause)| clause.text.clone()).collect::<Vec<_>>().join(" ")
    }

    /// Remembers a question as the newest.
    pub fn remember(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.history.retain(|earlier| earlier != text);
        self.history.insert(0, text.to_owned());
        self.history.truncate(REMEMBERED);
    }
}

/// Reads a question, or says why it cannot be put in force.
pub fn read_question(text: &str, fields: &Fields, permitted: Visible) -> Result<Filter, Problem> {
    let filter = Filter::parse(text, fields).map_err(|error| Problem {
        span: error.span.clone(),
        message: sentence(&error.to_string()),
        remedy: remedy(text, &error),
    })?;
    match refusal(&filter, permitted) {
        Some(message) => Err(Problem { span: 0..text.len(), message, remedy: None }),
        None => Ok(filter),
    }
}

/// Where that condition stands among those; the same however it is spaced.
pub fn place_of(clauses: &[ClauseText], clause: &str) -> Option<usize> {
    if let Some(at) = clauses.iter().position(|known| known.text == clause) {
        return Some(at);
    }
    let parse = |text: &str| Filter::parse(text, &Fields::default()).ok();
    let wanted = parse(clause)?;
    clauses.iter().position(|known| parse(&known.text).as_ref() == Some(&wanted))
}

fn closed(clause: &ClauseText) -> String {
    if clause.is_open { format!("({})", clause.text) } else { clause.text.clone() }
}

/// A message as a sentence begins.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

/// The text as it was probably meant, where the error names what that is.
fn remedy(text: &str, error: &QueryError) -> Option<(String, String)> {
    let hint = error.hint.as_deref()?.strip_prefix("did you mean `")?;
    let meant = hint.split('`').next()?;
    let written = text.get(error.span.clone())?;
    // The span may hold more than the word that is wrong: the rest stays.
    let lower = written.to_lowercase();
    let wrong = error.message.split('`').skip(1).step_by(2).find_map(|word| {
        let word = word.to_lowercase();
        lower.find(&word).filter(|_| lower.len() == written.len() && !word.is_empty()).map(|at| at..at + word.len())
    });
    let wrong = wrong.unwrap_or(0..written.len());
    let (from, to) = (error.span.start + wrong.start, error.span.start + wrong.end);
    let is_quoted = text.get(..from)?.ends_with('"');
    let is_plain = meant.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '(' | ')' | ':'));
    let put = if is_plain || is_quoted { meant.to_owned() } else { format!("\"{meant}\"") };
    Some((format!("{}{put}{}", text.get(..from)?, text.get(to..)?), put))
}

/// Whether what a field tells may be asked for.
pub const fn may_ask(permitted: Visible, tells: Tells) -> bool {
    match tells {
        Tells::Nothing => true,
        Tells::Scores => permitted.scores,
        Tells::Outcome => permitted.verdict,
        Tells::Answer => permitted.answer,
        Tells::Labels => permitted.imported,
    }
}

/// Whether a field of that name may be shown or sorted by.
pub fn may_show(permitted: Visible, field: &str) -> bool {
    may_ask(permitted, tells(field).max(tells(&format!("step.{field}"))))
}

/// Why a question is not answered, where its answer would tell what is hidden.
pub fn refusal(filter: &Filter, permitted: Visible) -> Option<String> {
    let mentions = filter.mentions();
    let (name, _) = mentions.iter().find(|(_, tells)| !may_ask(permitted, *tells))?;
    Some(hidden_text(name, permitted))
}

/// Why that field is not to be asked about.
pub fn hidden_text(name: &str, permitted: Visible) -> String {
    if permitted.scores {
        format!("`{name}` is hidden with what the data says of right and wrong; {{view.imported}} shows it")
    } else {
        format!("`{name}` is hidden: the list would tell what you are to judge blind")
    }
}

/// What could be written, without what is hidden, and without what stands there already.
fn complete(text: &str, cursor: usize, fields: &Fields, permitted: Visible) -> Vec<Suggestion> {
    let of = field_before(text, cursor);
    if of.is_some_and(|name| !may_show(permitted, name)) {
        return Vec::new();
    }
    let mut offers = stepscope_core::query::complete(text, cursor, fields);
    // Behind a blank everything could follow: that is no help while typing words.
    offers.retain(|offer| {
        let written = text.get(offer.span.clone()).unwrap_or_default();
        let is_begun = of.is_some() || !written.is_empty();
        is_begun && written != offer.insert && (of.is_some() || may_show(permitted, &offer.insert))
    });
    offers
}

#[cfg(test)]
mod tests {

    use super::*;

    const ALL: Visible = Visible::all(true);

    fn asking(text: &str) -> Asking {
        let mut asking = Asking::default();
        let text = asking.read(text.into(), text.len(), ALL).unwrap_or_default();
        asking.note_clauses(&text);
        asking
    }

    #[test]
    fn what_was_meant_can_be_taken() {
        let check = |text: &str, expected: Option<&str>| {
            let problem = asking(text).problem.unwrap();
            assert_eq!(problem.remedy.map(|(text, _)| text).as_deref(), expected, "{}", problem.message);
        };
        check("outcom:correct", Some("outcome:correct"));
        check("steps > 3 outcome:corect words", Some("steps > 3 outcome:correct words"));
        check("(carry", None);
    }

    #[test]
    fn a_condition_is_not_taken_for_a_word_while_it_is_begun() {
        for (text, expected) in [
            ("carry outc", true),
            ("outcome", true),
            ("steps ", true),
            ("step ", false),
            ("carry", false),
            ("-gen", true),
            ("outcome:cor", false),
            ("", false),
        ] {
            assert_eq!(asking(text).may_become_field(), expected, "{text:?}");
        }
    }

    #[test]
    fn conditions_come_and_go() {
        let one = asking("carry steps>10 and outcome:correct");
        assert_eq!(one.place_of("steps > 10"), Some(1));
        assert_eq!(one.place_of("steps > 11"), None);
        assert_eq!(one.without(&(0..1)), "steps>10 outcome:correct");
        assert_eq!(one.choosing("-state:done"), "carry steps>10 outcome:correct -state:done");
        assert_eq!(asking("a or b").choosing("steps:3"), "(a or b) steps:3");
        assert_eq!(asking("").choosing("steps:3"), "steps:3");
    }

    #[test]
    fn another_value_of_a_facet_is_chosen_instead() {
        let value = |name: &str| FacetValue {
            value: name.into(),
            count: 1,
            include: format!("generator:{name}"),
            exclude: format!("-generator:{name}"),
        };
        let values = ["a", "b", "c"].map(value).into();
        let mut facet = Facet { field: "generator".into(), values, more: 0, missing: 0 };
        let check = |text: &str, clause: &str, expected: &str| {
            let mut one = asking(text);
            one.facets.shown = Some(Arc::new(vec![facet.clone()]));
            assert_eq!(one.choosing(clause), expected, "{text:?}");
        };
        check("generator:a steps > 3", "generator:b", "steps > 3 generator:b");
        check("generator = \"a\"", "generator:b", "generator:b");
        check("-generator:b -generator:c", "generator:b", "-generator:c generator:b");
        // What is left out adds up.
        check("-generator:b", "-generator:c", "-generator:b -generator:c");
        check("generator:a", "-generator:a", "-generator:a");
        check("generator:a", "steps:3", "generator:a steps:3");
        // A file is asked for by its name or by its whole path.
        facet.field = "file".into();
        for (value, name) in facet.values.iter_mut().zip(["/d/a.json", "/d/b.json"]) {
            (value.value, value.include) = (name.into(), format!("file:\"{name}\""));
        }
        for text in ["file:a.json", "file:\"/d/a.json\"", "file = \"/d/a.json\""] {
            let mut one = asking(text);
            one.facets.shown = Some(Arc::new(vec![facet.clone()]));
            assert_eq!(one.choosing("file:\"/d/b.json\""), "file:\"/d/b.json\"", "{text}");
        }
    }

    #[test]
    fn what_is_hidden_is_neither_answered_nor_offered() {
        let blind = Visible { scores: false, verdict: false, answer: false, imported: false, ..ALL };
        let mut one = Asking::default();
        for text in ["outcome:correct", "score < 0.5", "any(is_error)", "first_error:2", "meta.level:5", "has:reward"] {
            assert_eq!(one.read(text.into(), text.len(), blind), None, "{text}");
            assert!(one.problem.as_ref().unwrap().message.contains("blind"), "{text}");
        }
        for text in ["outc", "scor", "step.delt", "any(is_er", "outcome:corr"] {
            one.read(text.into(), text.len(), ALL);
            one.offer(ALL);
            assert!(!one.offers.is_empty(), "{text}");
            one.offer(blind);
            assert_eq!(one.offers, [], "{text}");
        }
        assert!(one.read("first_error(own):2 steps > 3".into(), 0, blind).is_some());
    }

    #[test]
    fn earlier_questions_are_kept_once() {
        let mut one = Asking::default();
        for text in ["a", "b", " ", "a"] {
            one.remember(text);
        }
        assert_eq!(one.history, ["a", "b"]);
    }

    #[test]
    fn orders_are_written_and_read() {
        for text in ["meta.level", "-reward"] {
            assert_eq!(FieldSort::from_text(text).unwrap().text(), text);
        }
        assert_eq!(FieldSort::from_text("-"), None);
    }
}
