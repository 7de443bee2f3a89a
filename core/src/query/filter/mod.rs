//! Answers a question: compiled to expressions over columns, stage by stage, so that it can be stopped between them.
//!
//! Conditions on steps become a column of truths over all steps, which is folded to one truth per trace. What is
//! missing meets no condition; `not` takes all that a condition leaves.

mod matching;
mod near;
mod truths;

use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, ChunkFull as _, Column, DataFrame, Expr, Float64Chunked, IntoColumn as _, IntoLazy as _,
    PolarsError, col, lit,
};
use regex::Regex;

use self::matching::{fitting, holds, matching};
use self::near::near;
use self::truths::{flags, for_each_true};
use super::found::{Found, FoundSteps};
use super::language::{Compare, Field, Filter, Is, Kind, Matcher, Node, Of, Quantifier, Said, Test, What};
use super::views::{Many, Marks, Names, Numbers, Shape, Values, Views};
use crate::job::{JobContext, JobError};
use crate::store::RowSet;

impl Filter {
    /// The rows of the traces that meet it, in the order of the source.
    pub fn rows(&self, views: &Views, ctx: &JobContext) -> Result<Vec<u32>, JobError> {
        self.found(views, ctx).map(|found| found.rows)
    }

    /// The same, and the steps by which they meet it: those that a condition on steps asks for, and first errors where
    /// these are asked for.
    pub fn found(&self, views: &Views, ctx: &JobContext) -> Result<Found, JobError> {
        let (met, answers) = Stage::new(views, false, ctx)?.answered(&self.node)?;
        let mut rows = Vec::new();
        for_each_true(&met, |row| rows.extend(u32::try_from(row)));
        Ok(Found { rows, steps: answers.map(|steps| FoundSteps::new(views.store(), steps)) })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn failed(error: PolarsError) -> JobError {
    JobError::Failed(format!("the query could not be computed: {error}"))
}

/// Expressions over all traces, or over all steps, and the columns that they need.
struct Stage<'a> {
    views: &'a Views,
    ctx: &'a JobContext,
    shape: Option<Arc<Shape>>,
    is_step: bool,
    rows: usize,
    columns: Vec<Column>,
    /// Steps by which traces meet the condition.
    answers: Option<RowSet>,
    /// What is met now is what must not be.
    is_denied: bool,
}

impl<'a> Stage<'a> {
    fn new(views: &'a Views, is_step: bool, ctx: &'a JobContext) -> Result<Self, JobError> {
        let (traces, steps) = views.sizes();
        let shape = if is_step { Some(views.shape()?) } else { None };
        let rows = if is_step { steps } else { traces };
        Ok(Self { views, ctx, shape, is_step, rows, columns: Vec::new(), answers: None, is_denied: false })
    }

    /// Which rows meet the condition.
    fn met(self, node: &Node) -> Result<BooleanChunked, JobError> {
        self.answered(node).map(|(met, _)| met)
    }

    /// The same, and the steps by which traces do.
    fn answered(mut self, node: &Node) -> Result<(BooleanChunked, Option<RowSet>), JobError> {
        let condition = self.expression(node)?;
        self.ctx.checkpoint()?;
        // A column that is always there, so that a condition without columns has as many rows as there are.
        let base = BooleanChunked::full(PLACE.into(), true, self.rows);
        self.columns.push(base.into_column());
        let frame = DataFrame::new(self.rows, self.columns).map_err(failed)?;
        let met = frame.lazy().select([condition.and(col(PLACE)).alias(PLACE)]).collect().map_err(failed)?;
        let met = met.column(PLACE).map_err(failed)?;
        Ok((met.bool().map_err(failed)?.clone(), self.answers))
    }

    /// Where the steps that a condition on traces asks for are taken note of.
    fn notes(&mut self) -> Option<&mut RowSet> {
        let total = self.views.sizes().1;
        let is_asked = !self.is_step && !self.is_denied;
        is_asked.then(|| self.answers.get_or_insert_with(|| RowSet::new(total)))
    }

    fn note_met(&mut self, met: &BooleanChunked) {
        if let Some(notes) = self.notes() {
            for_each_true(met, |step| notes.insert(step));
        }
    }

    fn note_marks(&mut self, marks: &Marks) {
        if let Some(notes) = self.notes() {
            marks.steps().for_each(|step| notes.insert(step));
        }
    }

    fn add(&mut self, column: impl Into<Column>) -> Expr {
        let name = format!("c{}", self.columns.len());
        let mut column: Column = column.into();
        column.rename(name.as_str().into());
        self.columns.push(column);
        col(name)
    }

    fn add_flags(&mut self, flags: impl Iterator<Item = bool>) -> Expr {
        let flags: BooleanChunked = flags.collect();
        self.add(flags.into_column())
    }

    fn expression(&mut self, node: &Node) -> Result<Expr, JobError> {
        self.ctx.checkpoint()?;
        match node {
            Node::And(all) => self.and(all),
            Node::Or(any) => {
                let mut sum = lit(false);
                for node in any {
                    sum = sum.or(self.expression(node)?);
                }
                Ok(sum)
            }
            Node::Not(node) => {
                self.is_denied = !self.is_denied;
                let met = self.expression(node);
                self.is_denied = !self.is_denied;
                Ok(met?.not())
            }
            Node::Word(word) => self.words(&[word]),
            Node::Pattern(pattern) => self.pattern(pattern),
            Node::Test(test) => self.test(test),
            Node::Has(field) => self.has(field),
            Node::Steps(quantifier, node) => {
                let met = Stage::new(self.views, true, self.ctx)?.met(node)?;
                if matches!(quantifier, Quantifier::Any | Quantifier::Count(..)) {
                    self.note_met(&met);
                }
                self.folded(*quantifier, &met)
            }
            Node::Near(most, side, node) => {
                let met = Stage::new(self.views, true, self.ctx)?.met(node)?;
                let shape = self.views.shape()?;
                Ok(self.add_flags(near(&met, *most, *side, &shape).into_iter()))
            }
        }
    }

    /// Words are looked for together.
    fn and(&mut self, all: &[Node]) -> Result<Expr, JobError> {
        let mut product = lit(true);
        let words: Vec<&str> = all
            .iter()
            .filter_map(|node| if let Node::Word(word) = node { Some(word.as_str()) } else { None })
            .collect();
        if !words.is_empty() {
            product = product.and(self.words(&words)?);
        }
        for node in all.iter().filter(|node| !matches!(node, Node::Word(_))) {
            product = product.and(self.expression(node)?);
        }
        Ok(product)
    }

    fn words(&mut self, words: &[&str]) -> Result<Expr, JobError> {
        let store = self.views.store();
        if !self.is_step {
            let found = store.search(words, self.ctx)?;
            return Ok(self.add_flags((0..self.rows).map(|row| found.contains(row))));
        }
        let mut product = lit(true);
        for word in words.iter().filter(|word| !word.is_empty()) {
            let text = store.search_steps(word, false, self.ctx)?;
            let arguments = store.search_steps(word, true, self.ctx)?;
            let found = self.add_flags((0..self.rows).map(|row| text.contains(row) || arguments.contains(row)));
            let tool = self.test(&test(What::Tool, &Matcher::Contains((*word).to_owned())))?;
            product = product.and(found.or(tool));
        }
        Ok(product)
    }

    /// A regular expression is looked for in the texts of steps and calls; of a trace in the problem as well.
    fn pattern(&mut self, pattern: &str) -> Result<Expr, JobError> {
        let matcher = Matcher::Pattern(pattern.into());
        let mut sum = self.test(&test(What::Text, &matcher))?;
        sum = sum.or(self.test(&test(What::Tool, &matcher))?);
        sum = sum.or(self.test(&test(What::Arguments, &matcher))?);
        if !self.is_step {
            sum = sum.or(self.test(&test(What::Problem, &matcher))?);
        }
        Ok(sum)
    }

    /// A condition on the other level: of some step, or of the trace that a step belongs to.
    fn of_other_level(&mut self, node: &Node, is_step: bool) -> Result<Expr, JobError> {
        let met = Stage::new(self.views, is_step, self.ctx)?.met(node)?;
        if is_step {
            self.note_met(&met);
            return self.folded(Quantifier::Any, &met);
        }
        let (met, shape) = (flags(&met), self.views.shape()?);
        let of_trace = |trace: &u32| met.get(*trace as usize).copied().unwrap_or_default();
        Ok(self.add_flags(shape.owners().iter().map(of_trace)))
    }

    fn test(&mut self, test: &Test) -> Result<Expr, JobError> {
        let is_step = test.field.is_step() || matches!(&test.is, Is::Field(_, other) if other.is_step());
        if is_step != self.is_step {
            return self.of_other_level(&Node::Test(test.clone()), is_step);
        }
        if let Is::Field(compare, other) = &test.is {
            let (left, right) = (self.number_column(&test.field)?, self.number_column(other)?);
            return Ok(compared(left, *compare, right).fill_null(lit(false)));
        }
        if let (What::FirstError, Is::Text(matcher) | Is::NotText(matcher)) = (test.field.what, &test.is) {
            let said = if let Of::Source(said) = &test.field.of { said.clone() } else { Said::Anyone };
            let marks = self.views.marks(&said, self.ctx)?;
            self.note_marks(&marks);
            let names = marks.names();
            return Ok(self.one_of(&names, &fitting(&names.names, &test.is, matcher, false)));
        }
        if let (true, Is::Text(matcher) | Is::NotText(matcher)) = (test.field.kind() == Kind::Words, &test.is)
            && let Some(found) = self.searched(&test.field, matcher)?
        {
            let is_not = matches!(test.is, Is::NotText(_));
            return Ok(self.add_flags((0..self.rows).map(|row| found.contains(row) != is_not)));
        }
        if let (What::FirstError, Of::Source(said)) = (test.field.what, &test.field.of) {
            self.note_marks(&*self.views.marks(said, self.ctx)?);
        }
        let is_meta = matches!(test.field.what, What::Meta | What::StepMeta);
        match (self.views.values(&test.field, self.ctx)?, &test.is) {
            (Values::Names(names), Is::Text(matcher) | Is::NotText(matcher)) => {
                Ok(self.one_of(&names, &fitting(&names.names, &test.is, matcher, is_meta)))
            }
            (Values::Many(many), Is::Text(matcher) | Is::NotText(matcher)) => {
                let fits = fitting(&many.names, &test.is, matcher, is_meta);
                Ok(self.some_of(&many, |code| fits.get(code as usize).copied().unwrap_or_default()))
            }
            (Values::Many(many), is @ (Is::Number(..) | Is::Between(..))) => {
                let fits: Vec<bool> = many.names.iter().map(|name| name.parse().is_ok_and(|n| holds(is, n))).collect();
                Ok(self.some_of(&many, |code| fits.get(code as usize).copied().unwrap_or_default()))
            }
            (Values::Texts(texts), Is::Text(matcher) | Is::NotText(matcher)) => {
                let is_not = matches!(test.is, Is::NotText(_));
                let pattern = Regex::new(&matcher.pattern())
                    .map_err(|error| JobError::Failed(format!("the text cannot be looked for: {error}")))?;
                let found = matching(&texts, &|text| pattern.is_match(text) != is_not, self.ctx)?;
                Ok(self.add_flags((0..self.rows).map(|row| found.contains(row))))
            }
            (Values::Numbers(numbers), is) => Ok(self.number(numbers, is)),
            (Values::Flags(flags), Is::Flag(wanted)) => {
                let flag = self.add(flags.into_column());
                Ok(flag.eq(lit(*wanted)).fill_null(lit(false)))
            }
            // The reader of questions puts nothing else together.
            _ => Ok(lit(false)),
        }
    }

    /// Long texts are looked through without being taken apart.
    fn searched(&self, field: &Field, matcher: &Matcher) -> Result<Option<RowSet>, JobError> {
        match (field.what, matcher) {
            (What::Text | What::Arguments, Matcher::Contains(text)) if !text.is_empty() => {
                self.views.store().search_steps(text, field.what == What::Arguments, self.ctx).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn number(&mut self, numbers: Numbers, is: &Is) -> Expr {
        let short = |value: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "the column holds numbers of 32 bits")]
            if numbers.is_short { f64::from(value as f32) } else { value }
        };
        let left = self.add(numbers.values.into_column());
        let met = match is {
            Is::Number(compare, value) => compared(left, *compare, lit(short(*value))),
            Is::Between(from, to) => {
                let from = from.map_or(lit(true), |from| left.clone().gt_eq(lit(short(from))));
                let to = to.map_or(lit(true), |to| left.clone().lt_eq(lit(short(to))));
                // Without any bound it is only to be there.
                from.and(to).and(left.is_not_null())
            }
            Is::Text(_) | Is::NotText(_) | Is::Flag(_) | Is::Field(..) => lit(false),
        };
        met.fill_null(lit(false))
    }

    /// A column of numbers, that of traces repeated for their steps where steps are asked about.
    fn number_column(&mut self, field: &Field) -> Result<Expr, JobError> {
        let Values::Numbers(numbers) = self.views.values(field, self.ctx)? else { return Ok(lit(f64::NAN)) };
        if field.is_step() == self.is_step {
            return Ok(self.add(numbers.values.into_column()));
        }
        Ok(self.add(self.repeated(&numbers.values)?.into_column()))
    }

    fn repeated(&self, of_traces: &Float64Chunked) -> Result<Float64Chunked, JobError> {
        let values: Vec<Option<f64>> = of_traces.iter().collect();
        let shape = self.views.shape()?;
        Ok(shape.owners().iter().map(|trace| values.get(*trace as usize).copied().flatten()).collect())
    }

    fn has(&mut self, field: &Field) -> Result<Expr, JobError> {
        if field.is_step() != self.is_step {
            return self.of_other_level(&Node::Has(field.clone()), field.is_step());
        }
        Ok(match self.views.values(field, self.ctx)? {
            Values::Names(names) => self.add(names.codes.clone().into_column()).is_not_null(),
            Values::Many(many) => self.some_of(&many, |_| true),
            Values::Numbers(numbers) => self.add(numbers.values.into_column()).is_not_null(),
            Values::Texts(texts) => {
                let text = self.add(texts.into_column());
                text.str().len_bytes().gt(lit(0)).fill_null(lit(false))
            }
            Values::Flags(flags) => self.add(flags.into_column()).fill_null(lit(false)),
        })
    }

    /// The rows whose name fits.
    fn one_of(&mut self, names: &Names, fits: &[bool]) -> Expr {
        let mut codes = (0_u32..).zip(fits).filter(|(_, fits)| **fits).map(|(code, _)| code);
        match (codes.next(), codes.next()) {
            (None, _) => lit(false),
            (Some(code), None) => self.add(names.codes.clone().into_column()).eq(lit(code)).fill_null(lit(false)),
            _ => {
                let fits = |code: Option<u32>| code.is_some_and(|code| fits.get(code as usize) == Some(&true));
                self.add_flags(names.codes.iter().map(fits))
            }
        }
    }

    /// The rows of which some name fits.
    fn some_of(&mut self, many: &Many, fits: impl Fn(u32) -> bool) -> Expr {
        let mut flags = vec![false; self.rows];
        for (owner, _) in many.pairs().filter(|(_, code)| fits(*code)) {
            if let Some(flag) = flags.get_mut(owner as usize) {
                *flag = true;
            }
        }
        self.add_flags(flags.into_iter())
    }

    /// One truth per trace from one per step.
    fn folded(&mut self, quantifier: Quantifier, met: &BooleanChunked) -> Result<Expr, JobError> {
        self.ctx.checkpoint()?;
        let shape = self.views.shape()?;
        let mut counts = vec![0_u32; shape.traces()];
        for_each_true(met, |step| {
            let owner = shape.owners().get(step).map(|owner| *owner as usize);
            if let Some(count) = owner.and_then(|owner| counts.get_mut(owner)) {
                *count += 1;
            }
        });
        let holds = |(trace, &count): (usize, &u32)| match quantifier {
            Quantifier::Any => count > 0,
            Quantifier::All => count as usize == shape.steps(trace).len(),
            Quantifier::None => count == 0,
            Quantifier::Count(compare, number) => compare.holds(f64::from(count), number),
        };
        let holds: Vec<bool> = counts.iter().enumerate().map(holds).collect();
        // Inside a quantifier there is no other, so this is about traces; a step has the truth of its trace.
        Ok(match &self.shape {
            None => self.add_flags(holds.into_iter()),
            Some(shape) => {
                let shape = Arc::clone(shape);
                let of_trace = |trace: &u32| holds.get(*trace as usize).copied().unwrap_or_default();
                self.add_flags(shape.owners().iter().map(of_trace))
            }
        })
    }
}

/// The column that is always there.
const PLACE: &str = "place";

fn test(what: What, matcher: &Matcher) -> Test {
    Test { field: Field::plain(what), is: Is::Text(matcher.clone()) }
}

fn compared(left: Expr, compare: Compare, right: Expr) -> Expr {
    match compare {
        Compare::Equal => left.eq(right),
        Compare::Unequal => left.neq(right),
        Compare::Less => left.lt(right),
        Compare::AtMost => left.lt_eq(right),
        Compare::More => left.gt(right),
        Compare::AtLeast => left.gt_eq(right),
    }
}
