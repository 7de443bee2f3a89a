//! Words or a regular expression looked for in one trace.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use stepscope_core::job::JobError;
use stepscope_core::model::{Prompt, StepIndex, Trace};

/// More matches than this are not kept.
const MOST: usize = 100_000;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The words, or the regular expression.
    pub text: String,
    /// Capital letters are told from small ones.
    pub case: bool,
    /// The text is a regular expression.
    pub regex: bool,
    /// Every branch is searched, not only the path shown.
    pub whole: bool,
}

/// Why a regular expression cannot be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindProblem {
    /// What is wrong with it.
    pub message: String,
    /// At which character, from 1.
    pub at: Option<usize>,
}

impl fmt::Display for FindProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{}, at character {at}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// A text of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundIn {
    /// A message of the prompt.
    Prompt(usize),
    /// The text of a step.
    Step(StepIndex),
    /// The arguments of a step's call.
    Arguments(StepIndex),
}

impl FoundIn {
    /// The step it belongs to.
    pub const fn step(self) -> Option<StepIndex> {
        match self {
            Self::Prompt(_) => None,
            Self::Step(step) | Self::Arguments(step) => Some(step),
        }
    }

    /// The order in which a trace is read: the prompt, then each step with its arguments.
    const fn order(self) -> (u8, usize, bool) {
        match self {
            Self::Prompt(message) => (0, message, false),
            Self::Step(step) => (1, step as usize, false),
            Self::Arguments(step) => (1, step as usize, true),
        }
    }
}

/// A place that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// In which text.
    pub place: FoundIn,
    /// Where in it, in bytes.
    pub range: Range<usize>,
}

/// The places that match, in the order in which they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    all: Vec<Found>,
    /// There are more than are kept.
    pub is_cut: bool,
}

impl Matches {
    /// All of them.
    pub fn all(&self) -> &[Found] {
        &self.all
    }

    /// Those in one text.
    pub fn of(&self, place: FoundIn) -> &[Found] {
        self.between(place.order(), place.order())
    }

    /// Those in the text and the arguments of a step.
    pub fn of_step(&self, step: StepIndex) -> &[Found] {
        self.between(FoundIn::Step(step).order(), FoundIn::Arguments(step).order())
    }

    fn between(&self, first: (u8, usize, bool), last: (u8, usize, bool)) -> &[Found] {
        let start = self.all.partition_point(|found| found.place.order() < first);
        let end = self.all.partition_point(|found| found.place.order() <= last);
        self.all.get(start..end).unwrap_or_default()
    }

    /// The number of the first one at or after that step, among all.
    fn at_or_after(&self, step: StepIndex) -> Option<usize> {
        let at = self.all.partition_point(|found| found.place.order() < FoundIn::Step(step).order());
        (at < self.all.len()).then_some(at)
    }
}

/// What was searched: when it is another, it is searched again.
#[derive(Clone, Debug)]
pub struct Searched {
    /// The trace.
    pub trace: Arc<Trace>,
    /// Its path, where only that was searched.
    pub path: Option<Vec<StepIndex>>,
    /// What for.
    pub query: Query,
}

impl Searched {
    /// True where a search of the same would find the same.
    pub fn is_same(&self, trace: &Arc<Trace>, path: &[StepIndex], query: &Query) -> bool {
        Arc::ptr_eq(&self.trace, trace) && self.query == *query && self.path.as_deref().is_none_or(|old| old == path)
    }

    /// Bytes to be searched.
    pub fn bytes(&self) -> usize {
        let prompt = match &self.trace.problem.prompt {
            Prompt::Text(text) => text.len(),
            Prompt::Messages(messages) => messages.iter().map(|message| message.content.len()).sum(),
        };
        let steps = self.trace.steps.iter();
        let texts = steps.map(|step| step.text.len() + step.tool.as_ref().map_or(0, |tool| tool.arguments.len()));
        prompt + texts.sum::<usize>()
    }

    /// Finds all places. Stops on request between two steps.
    pub fn run(&self, mut checkpoint: impl FnMut() -> Result<(), JobError>) -> Result<Matches, JobError> {
        let mut matches = Matches::default();
        let Ok(Some(expression)) = expression(&self.query) else { return Ok(matches) };
        match &self.trace.problem.prompt {
            Prompt::Text(text) => matches.search(&expression, FoundIn::Prompt(0), text),
            Prompt::Messages(messages) => {
                for (number, message) in messages.iter().enumerate() {
                    matches.search(&expression, FoundIn::Prompt(number), &message.content);
                }
            }
        }
        let mut look = |step: StepIndex| {
            checkpoint()?;
            if let Some(content) = self.trace.step(step) {
                matches.search(&expression, FoundIn::Step(step), &content.text);
                // Arguments that the text holds as well are not shown a second time.
                if let Some(tool) = content.tool.as_ref().filter(|tool| !content.text.contains(&tool.arguments)) {
                    matches.search(&expression, FoundIn::Arguments(step), &tool.arguments);
                }
            }
            Ok::<(), JobError>(())
        };
        match &self.path {
            Some(path) => path.iter().copied().try_for_each(&mut look)?,
            None => (0..).take(self.trace.steps.len()).try_for_each(&mut look)?,
        }
        Ok(matches)
    }
}

impl Matches {
    fn search(&mut self, expression: &Regex, place: FoundIn, text: &str) {
        for found in expression.find_iter(text).filter(|found| !found.is_empty()) {
            if self.all.len() >= MOST {
                self.is_cut = true;
                return;
            }
            self.all.push(Found { place, range: found.range() });
        }
    }
}

/// What matches a query; `None` where nothing is asked for.
pub fn expression(query: &Query) -> Result<Option<Regex>, FindProblem> {
    if query.text.is_empty() {
        return Ok(None);
    }
    let pattern = if query.regex { query.text.clone() } else { regex::escape(&query.text) };
    let built = RegexBuilder::new(&pattern).case_insensitive(!query.case).multi_line(true).build();
    built.map(Some).map_err(|error| problem(&error))
}

/// The message and the place out of what the engine draws: the expression, a caret below it, `error: …`.
fn problem(error: &regex::Error) -> FindProblem {
    let text = error.to_string();
    let message = text.lines().last().unwrap_or_default();
    let message = message.trim_start_matches("error:").trim().to_owned();
    let is_caret = |line: &&str| !line.is_empty() && line.chars().all(|letter| letter == ' ' || letter == '^');
    let caret = text.lines().find(is_caret).and_then(|line| line.find('^'));
    // The expression is drawn four letters in.
    let at = caret.filter(|_| text.contains("parse error")).map(|at| at.saturating_sub(4) + 1);
    FindProblem { message, at }
}

/// What is looked for in the open trace, and what was found.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "wishes of one frame, each independent")]
pub struct Find {
    /// The bar is shown.
    pub shown: bool,
    /// The bar wants the keyboard.
    pub focus: bool,
    /// What is looked for.
    pub query: Query,
    /// The step that was selected when the search began: the first match at or after it is shown.
    pub origin: StepIndex,
    /// Which match is shown, from 0.
    pub current: Option<usize>,
    /// The shown match shall be scrolled to.
    pub reveal: bool,
    /// It was, while texts were being made ready, which moves it: it is scrolled to until they are.
    pub settles: bool,
    /// Why it cannot be looked for.
    pub problem: Option<FindProblem>,
    /// Matches of a longer trace are still being found.
    pub is_searching: bool,
    searched: Option<Arc<Searched>>,
    found: Arc<Matches>,
}

impl Find {
    /// What was found in that trace: nothing while the bar is closed or another trace was searched.
    pub fn matches(&self, trace: &Arc<Trace>) -> &Matches {
        static NONE: Matches = Matches { all: Vec::new(), is_cut: false };
        let is_of = |searched: &Arc<Searched>| Arc::ptr_eq(&searched.trace, trace);
        if self.shown && self.searched.as_ref().is_some_and(is_of) { &self.found } else { &NONE }
    }

    /// The shown match is brought into view where it is painted.
    pub const fn scrolls(&self) -> bool {
        self.reveal || self.settles
    }

    /// The match that is shown.
    pub fn current(&self, trace: &Arc<Trace>) -> Option<&Found> {
        self.matches(trace).all.get(self.current?)
    }

    /// What was searched last.
    pub fn searched(&self) -> Option<&Arc<Searched>> {
        self.searched.as_ref()
    }

    /// Takes over what was found; the match at or after the origin is shown, or the first. Where the same was looked for
    /// in this trace before it changed, the match shown stays the one of that number.
    pub fn take(&mut self, searched: Arc<Searched>, found: Matches) {
        let is_same = self.searched.as_ref().is_some_and(|before| before.query == searched.query);
        let is_here = self.searched.as_ref().is_some_and(|before| before.trace.id == searched.trace.id);
        self.is_searching = false;
        self.searched = Some(searched);
        let kept = self.current.filter(|&current| is_same && is_here && current < found.all.len());
        let first = (!found.all.is_empty()).then_some(0);
        self.current = kept.or_else(|| found.at_or_after(self.origin)).or(first);
        self.reveal |= !is_same && self.current.is_some();
        self.found = Arc::new(found);
    }

    /// Forgets what was found.
    pub fn clear(&mut self) {
        (self.searched, self.found, self.current) = (None, Arc::default(), None);
        (self.is_searching, self.problem) = (false, None);
    }

    /// Shows the next match or the one before, round and round.
    pub fn step(&mut self, back: bool) {
        let count = self.found.all.len();
        if count == 0 {
            return;
        }
        self.current = Some(match self.current {
            None => 0,
            Some(at) if back => (at + count - 1) % count,
            Some(at) => (at + 1) % count,
        });
        self.reveal = true;
    }

    /// `3 of 17`, or what else there is to say.
    pub fn count_text(&self) -> String {
        let count = self.found.all.len();
        let more = if self.found.is_cut { "+" } else { "" };
        match self.current {
            _ if self.query.text.is_empty() || self.problem.is_some() => String::new(),
            _ if self.is_searching => "searching…".into(),
            Some(at) if count > 0 => format!("{} of {count}{more}", at + 1),
            _ => "no match".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use stepscope_core::model::{Problem, Step, ToolCall, TraceBuilder};

    use super::*;

    fn trace() -> Arc<Trace> {
        let mut builder = TraceBuilder::new(Problem::from_text("Add two and two.")).thought("Two and two").thought("x");
        let tool = ToolCall { name: "add".into(), arguments: "{\"two\": 2}".into(), call_id: None };
        builder.push_tool_call(Some(1), "two two".into(), tool);
        builder.push(Step { parent: Some(0), text: "another two".into(), ..Step::default() });
        Arc::new(builder.build())
    }

    fn find(query: Query, path: Option<Vec<StepIndex>>) -> Matches {
        Searched { trace: trace(), path, query }.run(|| Ok(())).unwrap()
    }

    #[test]
    fn places_come_in_the_order_of_reading() {
        let words = |text: &str| Query { text: text.into(), ..Query::default() };
        let all = find(words("two"), None);
        let places: Vec<FoundIn> = all.all().iter().map(|found| found.place).collect();
        let (prompt, step, arguments) = (FoundIn::Prompt(0), FoundIn::Step, FoundIn::Arguments);
        assert_eq!(places, [prompt, prompt, step(0), step(0), step(2), step(2), arguments(2), step(3)]);
        assert_eq!(all.of_step(2).len(), 3);
        assert_eq!(all.of(arguments(2)).first().map(|found| found.range.clone()), Some(2..5));
        assert_eq!((all.of_step(1).len(), all.of(prompt).len()), (0, 2));
        assert_eq!(find(words("two"), Some(vec![0, 1, 2])).of_step(3).len(), 0, "off the path");
        let case = Query { case: true, ..words("Two") };
        assert_eq!(find(case, None).all().len(), 1);
        let regex = Query { regex: true, ..words(r"t\w+ and") };
        assert_eq!(find(regex, None).all().len(), 2);
        assert_eq!(find(words("t.o"), None).all().len(), 0, "words are no expression");
        let empty = Query { regex: true, ..words("x*") };
        assert_eq!(find(empty, None).all().len(), 1, "nothing is no match");
    }

    #[test]
    fn what_is_wrong_with_an_expression_is_said() {
        let check = |text: &str, message: &str, at| {
            let query = Query { text: text.into(), regex: true, ..Query::default() };
            let problem = expression(&query).unwrap_err();
            assert_eq!((problem.message.as_str(), problem.at), (message, at), "{text}");
        };
        check("(a", "unclosed group", Some(1));
        check("ab[", "unclosed character class", Some(3));
        check("a{3,2}", "invalid repetition count range, the start must be <= the end", Some(2));
    }

    #[test]
    fn the_match_shown_goes_round() {
        let trace = trace();
        let query = Query { text: "two".into(), ..Query::default() };
        let searched = Arc::new(Searched { trace: Arc::clone(&trace), path: None, query: query.clone() });
        let mut state = Find { shown: true, query, origin: 2, ..Find::default() };
        state.take(Arc::clone(&searched), searched.run(|| Ok(())).unwrap());
        assert_eq!((state.count_text().as_str(), state.reveal), ("5 of 8", true));
        (0..4).for_each(|_| state.step(false));
        assert_eq!(state.count_text(), "1 of 8");
        state.step(true);
        assert_eq!(state.count_text(), "8 of 8");
        state.step(false);
        assert_eq!(state.count_text(), "1 of 8");
        let other = Arc::new(TraceBuilder::new(Problem::from_text("Two?")).thought("two").build());
        let elsewhere = Arc::new(Searched { trace: other, ..Searched::clone(&searched) });
        state.origin = 0;
        state.take(Arc::clone(&elsewhere), elsewhere.run(|| Ok(())).unwrap());
        assert_eq!(state.count_text(), "2 of 2", "a number counts in its own trace");
        state.take(Arc::clone(&searched), searched.run(|| Ok(())).unwrap());
        state.shown = false;
        assert_eq!(state.matches(&trace).all().len(), 0, "a closed bar marks nothing");
    }
}
