//! What marks count, as a condition in the language of questions, where that has words for it.

use std::cell::LazyCell;
use std::ops::{Deref, Range};

use super::frame::{Axis, Frame, short};
use super::plot::{Plot, frequent};
use super::split::{GROUPS, Split};
use crate::evaluate::Columns;
use crate::job::{JobContext, JobError};
use crate::labels::{Consensus, ConsensusRule, LabelSource, Member};
use crate::model::{StepRating, Verdict};
use crate::query::{Fields, Filter, Views, in_quotes, quoted};

/// Conditions that may say what a mark counts, the most readable first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clauses(pub Vec<String>);

impl Plot {
    /// What may say which traces a mark counts; nothing where the language lacks the words. Which of them lists the same
    /// traces depends on the data: [`Clauses::exact`] finds it out.
    pub fn clauses_of_mark(&self, columns: &Columns, series: usize, mark: usize) -> Clauses {
        self.clauses(columns, Some(series), &(mark..mark + 1))
    }

    /// The same of what the marks of all series count in some bins of the horizontal axis.
    pub fn clauses_of_span(&self, columns: &Columns, bins: &Range<usize>) -> Clauses {
        self.clauses(columns, None, bins)
    }

    /// The same of what lies in some marks that fill a box: of two scorers only, other boxes have no words.
    pub fn clauses_of_box(&self, columns: &Columns, marks: &[(usize, usize)]) -> Clauses {
        let Self::Raters { a, b } = *self else { return Clauses::default() };
        let frame = self.frame(columns).0;
        let across = frame.x.bins().max(1);
        let span = |places: &mut dyn Iterator<Item = usize>| {
            let first = places.next()?;
            let (low, high) = places.fold((first, first), |(low, high), at| (low.min(at), high.max(at)));
            Some(low..high + 1)
        };
        let x = span(&mut marks.iter().map(|(_, mark)| mark % across));
        let Some((x, y)) = x.zip(span(&mut marks.iter().map(|(_, mark)| mark / across))) else {
            return Clauses::default();
        };
        let words = Words::all(columns);
        Clauses::new(words.iter().filter_map(|words| {
            let of_a = words.number(a, &frame.x, &x)?;
            Some(vec![words.any(of_a.into_iter().chain(words.number(b, &frame.y, &y)?))])
        }))
    }

    fn clauses(&self, columns: &Columns, series: Option<usize>, bins: &Range<usize>) -> Clauses {
        // Made once, and only where an axis is asked about.
        let frame = LazyCell::new(|| self.frame(columns).0);
        let words = Words::all(columns);
        Clauses::new(words.iter().filter_map(|words| self.condition(words, &frame, series, bins)))
    }

    /// The conditions that all must be met; `None` where they cannot be said.
    fn condition(
        &self,
        words: &Words<'_>,
        frame: &impl Deref<Target = Frame>,
        series: Option<usize>,
        bins: &Range<usize>,
    ) -> Option<Vec<String>> {
        let (columns, axis) = (words.columns, || &frame.x);
        match *self {
            Self::ProcessOutcome => {
                series?;
                let outcome = if bins.start < 2 { Verdict::Correct } else { Verdict::Incorrect };
                let error = words.first_error();
                let error =
                    if bins.start.is_multiple_of(2) { format!("{error}:none") } else { format!("{error} >= 1") };
                Some(vec![format!("outcome:{}", outcome.name()), error])
            }
            Self::FirstErrors { field, relative: false } => {
                let last = axis().bins();
                let is_last = bins.end >= last;
                let has_later = columns.traces.iter().any(|trace| trace.steps as usize > last);
                let (error, from) = (words.first_error(), bins.start + 1);
                let error = match bins.len() {
                    _ if is_last && has_later => format!("{error} >= {from}"),
                    1 => format!("{error} = {from}"),
                    _ => format!("{error}:{from}..{}", bins.end),
                };
                let group = series.map_or(Some(None), |at| words.group(field, 8, at))?;
                Some([Some(error), group].into_iter().flatten().collect())
            }
            Self::Scores { rater } => {
                let rated = match series {
                    None => None,
                    Some(0) => Some(words.rated(&[StepRating::Good, StepRating::Neutral])),
                    Some(1) => Some(words.rated(&[StepRating::Bad])),
                    Some(_) => Some(words.unrated()),
                };
                Some(vec![words.any(words.score(rater, axis(), bins)?.into_iter().chain(rated))])
            }
            Self::Reliability { rater } => {
                // Of a stretch all that was judged.
                let good = || words.rated(&[StepRating::Good, StepRating::Neutral]);
                let rated = if series.is_some() { good() } else { words.judged() };
                let score = words.score(rater, axis(), bins)?.into_iter();
                Some(vec![words.any(score.chain([rated]).chain(words.up_to_error()))])
            }
            Self::Split { of: Split::Reliability, rater, field } => {
                let of_scores = Self::Reliability { rater }.condition(words, frame, series, bins)?;
                let group = series.map_or(Some(None), |at| words.group(field, GROUPS, at))?;
                Some(of_scores.into_iter().chain(group).collect())
            }
            Self::Split { of: Split::Lowest, rater, field } if *bins == (10..11) => {
                let lowest = format!("{}.argmin = steps", words.scorer(rater)?);
                let group = words.group(field, GROUPS, series?)?;
                Some([Some(lowest), group].into_iter().flatten().collect())
            }
            // Other places are rounded.
            Self::Lowest { rater } if *bins == (10..11) => {
                let outcome = [Verdict::Correct, Verdict::Incorrect, Verdict::Unknown].get(series?)?.name();
                Some(vec![format!("{}.argmin = steps", words.scorer(rater)?), format!("outcome:{outcome}")])
            }
            Self::Raters { a, b } => {
                series?;
                let (x, y) = (bins.start % axis().bins().max(1), bins.start / axis().bins().max(1));
                let of_a = words.number(a, axis(), &(x..x + 1))?;
                Some(vec![words.any(of_a.into_iter().chain(words.number(b, &frame.y, &(y..y + 1))?))])
            }
            Self::Disagreement { a, b, thresholds, field } => {
                let group = words.group(field, 8, series?)?;
                let (a, b) = (words.first_error_of(a, thresholds[0])?, words.first_error_of(b, thresholds[1])?);
                let says = match bins.start {
                    0 => vec![format!("{a}:none"), format!("{b}:none")],
                    1 => vec![format!("{a} = {b}")],
                    2 => vec![format!("{a} != {b}")],
                    3 => vec![format!("{a} >= 1"), format!("{b}:none")],
                    _ => vec![format!("{a}:none"), format!("{b} >= 1")],
                };
                Some(says.into_iter().chain(group).collect())
            }
            Self::ErrorRates { field } => {
                let group = words.group(field, 16, bins.start)?;
                let wrong = words.rated(&[StepRating::Bad]);
                let wrong = if series? == 0 { words.any([wrong]) } else { "outcome:incorrect".into() };
                Some([Some(wrong), group].into_iter().flatten().collect())
            }
            Self::ErrorKinds { field } => {
                let group = words.group(field, 8, series?)?;
                let step = words.any([words.rated(&[StepRating::Bad]), words.error_kind(bins.start)?]);
                Some([Some(step), group].into_iter().flatten().collect())
            }
            Self::ErrorTools => {
                let tool = match columns.tools.get(bins.start)?.as_str() {
                    "" => "-has:tool".to_owned(),
                    tool => format!("tool:{}", quoted(tool)),
                };
                Some(vec![words.any([words.rated(&[StepRating::Bad]), words.error_kind(series?)?, tool])])
            }
            Self::Groups { field, a, b, rater, threshold } => {
                let field = columns.fields.get(field)?;
                let error = words.first_error();
                let mut all = vec![field.clauses.get(*[a, b].get(series?)? as usize)?.clone()];
                match bins.start {
                    0 => all.push("outcome:correct".into()),
                    1 => all.push(format!("{error}:none")),
                    2 => all.push(format!("{} = {error}", words.first_error_of(rater, threshold)?)),
                    _ => {
                        all.extend([
                            format!("{error}:none"),
                            format!("{}:none", words.first_error_of(rater, threshold)?),
                        ]);
                    }
                }
                Some(all)
            }
            // What is drawn by lot, rounded, or counted in words and attempts has no field.
            Self::FirstErrors { .. }
            | Self::Lowest { .. }
            | Self::Curves { .. }
            | Self::ByDifficulty
            | Self::LengthScore { .. }
            | Self::Split { .. }
            | Self::Overthinking { .. }
            | Self::Redundancy { .. } => None,
        }
    }
}

impl Clauses {
    fn new(conditions: impl Iterator<Item = Vec<String>>) -> Self {
        let mut all: Vec<String> = Vec::new();
        for conditions in conditions {
            let clause = match conditions.as_slice() {
                [one] => one.clone(),
                _ => format!("({})", conditions.join(" ")),
            };
            if !all.contains(&clause) {
                all.push(clause);
            }
        }
        Self(all)
    }

    /// The first condition that lists just these rows, in rising order, of the traces of the columns.
    pub fn exact(
        &self,
        columns: &Columns,
        rows: &[u32],
        views: &Views,
        ctx: &JobContext,
    ) -> Result<Option<String>, JobError> {
        let mut listed: Vec<u32> = columns.traces.iter().map(|trace| trace.row).collect();
        listed.sort_unstable();
        for clause in &self.0 {
            let Ok(filter) = Filter::parse(clause, &Fields::default()) else { continue };
            match filter.rows(views, ctx) {
                Ok(mut found) => {
                    found.retain(|row| listed.binary_search(row).is_ok());
                    if found == rows {
                        return Ok(Some(clause.clone()));
                    }
                }
                Err(JobError::Cancelled) => return Err(JobError::Cancelled),
                // A name that questions do not know.
                Err(JobError::Failed(_)) => {}
            }
        }
        Ok(None)
    }
}

/// How conditions are put.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent way")]
struct Words<'a> {
    columns: &'a Columns,
    /// Whose labels count, as it stands in brackets.
    source: String,
    /// Of whom kinds of errors are asked.
    told: String,
    /// Ends of bins are rounded.
    is_rounded: bool,
    /// Only steps of the main path count: needed where traces branch.
    on_path: bool,
    /// Of what is counted up to the first error only such steps count: needed where labels go on after it.
    is_cut: bool,
    /// The labels call some steps neutral.
    has_neutral: bool,
}

impl<'a> Words<'a> {
    /// Every way, the most readable first.
    fn all(columns: &'a Columns) -> Vec<Self> {
        let labels: LabelSource = columns.labels.parse().unwrap_or(LabelSource::Imported(None));
        let told = match &labels {
            LabelSource::Own(_) | LabelSource::Imported(_) => labels.clone(),
            // Of these no kinds of errors are known but those of the data.
            LabelSource::Scorer { .. } | LabelSource::Consensus(_) => LabelSource::Imported(None),
        };
        let mut sources = vec![labels];
        if let Some(source @ (LabelSource::Own(_) | LabelSource::Imported(_))) = sources.first().cloned() {
            // Not only what is said outright, but what follows from it.
            let members = vec![Member { source, above: None }];
            sources.push(LabelSource::Consensus(Consensus { rule: ConsensusRule::All, members, min: None }));
        }
        let has_neutral = columns.steps.rating.contains(&Some(StepRating::Neutral));
        let mut all = Vec::new();
        for (on_path, is_rounded) in [(false, true), (false, false), (true, true), (true, false)] {
            for source in &sources {
                for is_cut in [false, true] {
                    let (source, told) = (in_brackets(source), in_brackets(&told));
                    all.push(Self { columns, source, told, is_rounded, on_path, is_cut, has_neutral });
                }
            }
        }
        all
    }

    fn first_error(&self) -> String {
        format!("first_error({})", self.source)
    }

    fn up_to_error(&self) -> Option<String> {
        self.is_cut.then(|| format!("-(number > {})", self.first_error()))
    }

    fn is(&self, rating: StepRating) -> String {
        format!("label({}):{}", self.source, rating.name())
    }

    /// A step is taken for one of these.
    fn rated(&self, ratings: &[StepRating]) -> String {
        let meant = ratings.iter().filter(|rating| self.has_neutral || **rating != StepRating::Neutral);
        let meant: Vec<String> = meant.map(|rating| self.is(*rating)).collect();
        if meant.len() > 1 { format!("({})", meant.join(" or ")) } else { meant.concat() }
    }

    fn judged(&self) -> String {
        self.rated(&[StepRating::Good, StepRating::Neutral, StepRating::Bad])
    }

    fn unrated(&self) -> String {
        format!("-{}", self.judged())
    }

    /// Some step meets all of them.
    fn any(&self, conditions: impl IntoIterator<Item = String>) -> String {
        let path = self.on_path.then(|| "on_path".to_owned());
        let all: Vec<String> = path.into_iter().chain(conditions).collect();
        match all.as_slice() {
            // Alternatives bring brackets along.
            [one] if one.starts_with('(') => format!("any{one}"),
            _ => format!("any({})", all.join(" ")),
        }
    }

    fn scorer(&self, rater: usize) -> Option<String> {
        let rater = self.columns.raters.get(rater).filter(|rater| rater.kind.is_some())?;
        Some(format!("score({})", in_quotes(&rater.name)))
    }

    /// A score falls into these bins.
    fn score(&self, rater: usize, axis: &Axis, bins: &Range<usize>) -> Option<Vec<String>> {
        let name = self.scorer(rater)?;
        let edge = |at: usize| {
            let edge = axis.edges.get(at)?;
            Some(if self.is_rounded { short(*edge) } else { edge.to_string() })
        };
        // Beyond the ends lies what is put into the first and the last bin.
        let mut all = Vec::new();
        if bins.start > 0 {
            all.push(format!("{name} >= {}", edge(bins.start)?));
        }
        if bins.end < axis.bins() {
            all.push(format!("{name} < {}", edge(bins.end)?));
        }
        if all.is_empty() {
            all.push(format!("has:{name}"));
        }
        Some(all)
    }

    /// What a rater says of a step falls into these bins: of a label source only what is good and bad can be said.
    fn number(&self, rater: usize, axis: &Axis, bins: &Range<usize>) -> Option<Vec<String>> {
        let of = self.columns.raters.get(rater)?;
        if of.kind.is_some() {
            return self.score(rater, axis, bins);
        }
        let source = in_brackets(&of.name.parse().ok()?);
        if bins.start == 0 {
            return Some(vec![format!("label({source}):bad")]);
        }
        (bins.end >= axis.bins()).then(|| vec![format!("(label({source}):good or label({source}):neutral)")])
    }

    /// Where a rater has the first error.
    fn first_error_of(&self, rater: usize, threshold: f64) -> Option<String> {
        let of = self.columns.raters.get(rater)?;
        let source = if of.kind.is_some() {
            LabelSource::Scorer { name: of.name.clone(), threshold }
        } else {
            of.name.parse().ok()?
        };
        Some(format!("first_error({})", in_brackets(&source)))
    }

    /// The trace is of that group; the inner `None` where there is only one.
    #[expect(clippy::option_option, reason = "not to be said, or nothing to say")]
    fn group(&self, field: usize, most: usize, at: usize) -> Option<Option<String>> {
        let Some(of) = self.columns.fields.get(field) else { return Some(None) };
        let (_, places) = frequent(self.columns, field, most);
        let mut codes = of.codes.iter().map(|code| *code as usize).filter(|code| places.get(*code) == Some(&at));
        let code = codes.next()?;
        // Several are all others.
        codes.all(|other| other == code).then(|| of.clauses.get(code).cloned()).flatten().map(Some)
    }

    fn error_kind(&self, code: usize) -> Option<String> {
        let name = format!("error_type({})", self.told);
        Some(match self.columns.error_kinds.get(code)?.as_str() {
            "" => format!("-has:{name}"),
            kind => format!("{name}:{}", quoted(kind)),
        })
    }
}

/// A label source as it stands in brackets.
fn in_brackets(source: &LabelSource) -> String {
    let text = source.to_string();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '@');
    if text.chars().all(is_plain) { text } else { in_quotes(&text) }
}
