//! Groups of traces by any field: to which each trace belongs, and the condition that asks for it.

use std::collections::HashMap;

use super::language::{Field, Fields, Kind, Of, Part, Said, What, field_help, in_quotes, parse_field, quoted};
use super::views::{Many, Names, Values, Views};
use crate::job::{JobContext, JobError};

/// More different numbers than this are put into spans.
const FEW: usize = 8;
/// At most so many.
const SPANS: usize = 6;

/// The groups that a field makes of the traces of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// Each once; the first, without a name, is that of the traces that have no value.
    pub groups: Vec<Group>,
    /// One per trace, by row: the place of its group.
    pub codes: Vec<u32>,
    /// The groups have an order, which is theirs.
    pub is_ordered: bool,
}

/// Traces that have the same value, or the same values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The condition that asks for it. Where traces have several names it asks for more: for all that have these.
    pub clause: String,
}

/// The fields that the traces of a project can be grouped by, as they are written in questions: the most usual first,
/// then all that every project has, then scores, scales and metadata of this one.
pub fn group_fields(views: &Views, ctx: &JobContext) -> Result<Vec<String>, JobError> {
    let mut names = ["generator", "file", "outcome"].map(str::to_owned).to_vec();
    // What is different in every trace makes no groups; and what needs more in brackets comes with it below.
    let is_apart = |name: &str| matches!(name, "row" | "id" | "source_id" | "note" | "score" | "scale" | "meta");
    for field in field_help().filter(|field| !field.is_step && !is_apart(field.name)) {
        if !names.iter().any(|known| known == field.name) {
            names.push(field.name.to_owned());
        }
    }
    let name = |what, of, part| Field { what, of, part }.name();
    let scorers = views.scorers().into_iter();
    names.extend(scorers.map(|scorer| name(What::Score, Of::Scorer(Some(scorer)), Part::Min)));
    let own = views.own_labels(ctx)?;
    let mut scales = own.used(|row| (own.name(row.says) == Some("scale")).then_some(row.value));
    scales.sort_unstable();
    names.extend(scales.into_iter().map(|scale| name(What::Scale, Of::Key(scale), Part::Whole)));
    let meta = views.meta(ctx)?;
    names.extend(meta.keys().map(|(key, _)| name(What::Meta, Of::Key(key.to_owned()), Part::Whole)));
    Ok(names)
}

/// True where traces of some project could be grouped by that field.
pub fn can_group(name: &str) -> bool {
    parse_field(name, &Fields::default()).is_ok_and(|field| !field.is_step())
}

/// Groups the traces of a project by a field, as it is written in questions; a key of metadata may stand by itself.
///
/// Few numbers stand each for itself, more of them in spans with about as many traces in each. Traces with several names
/// are of one group where they have the same ones.
pub fn groups(views: &Views, name: &str, ctx: &JobContext) -> Result<Groups, JobError> {
    let field = field_of(views, name, ctx)?;
    let total = views.store().len();
    let mut made = Making::new(field.name());
    match views.values(&field, ctx)? {
        Values::Names(names) => made.names(&names),
        Values::Many(many) => made.many(&many, total),
        Values::Numbers(numbers) => {
            let values: Vec<f64> = numbers.values.iter().map(|number| number.unwrap_or(f64::NAN)).collect();
            made.numbers(&values, numbers.is_short);
            if (field.what, field.part) == (What::FirstError, Part::Whole) {
                let said = if let Of::Source(said) = &field.of { said } else { &Said::Anyone };
                made.words(&views.marks(said, ctx)?.names());
            }
        }
        Values::Texts(texts) => made.texts(texts.iter(), field.kind() == Kind::Words),
        Values::Flags(flags) => {
            for says in ["yes", "no"] {
                made.add(says.to_owned(), format!("{}:{says}", made.field));
            }
            made.codes = flags.iter().map(|flag| flag.map_or(0, |flag| if flag { 1 } else { 2 })).collect();
        }
    }
    made.codes.resize(total, 0);
    Ok(Groups { groups: made.groups, codes: made.codes, is_ordered: made.is_ordered })
}

/// The field that is meant: one of the language, else a key of metadata.
fn field_of(views: &Views, name: &str, ctx: &JobContext) -> Result<Field, JobError> {
    match parse_field(name, &Fields::default()) {
        Ok(field) if field.is_step() => {
            let why = format!("`{name}` is a field of steps; traces are grouped by fields of traces");
            Err(JobError::Failed(why))
        }
        Ok(field) => Ok(field),
        Err(error) => {
            if views.meta(ctx)?.keys().any(|(key, _)| key == name) {
                return Ok(Field { what: What::Meta, of: Of::Key(name.to_owned()), part: Part::Whole });
            }
            Err(JobError::Failed(error.to_string()))
        }
    }
}

/// Groups in the making.
struct Making {
    /// The field as it is written.
    field: String,
    groups: Vec<Group>,
    codes: Vec<u32>,
    is_ordered: bool,
}

impl Making {
    fn new(field: String) -> Self {
        let nothing = Group { name: String::new(), clause: format!("-has:{field}") };
        Self { field, groups: vec![nothing], codes: Vec::new(), is_ordered: false }
    }

    fn add(&mut self, name: String, clause: String) -> u32 {
        self.groups.push(Group { name, clause });
        u32::try_from(self.groups.len() - 1).unwrap_or_default()
    }

    fn names(&mut self, names: &Names) {
        for name in &names.names {
            self.add(name.clone(), self.named(name));
        }
        self.codes = names.codes.iter().map(|code| code.map_or(0, |code| code + 1)).collect();
        self.sort_numbers();
    }

    /// The condition that the field has that name.
    fn named(&self, name: &str) -> String {
        let text = quoted(name);
        // Bare numbers and dots may be read as something else.
        let is_safe = text.starts_with('"') || !text.starts_with(|c: char| c.is_ascii_digit());
        format!("{}:{}", self.field, if is_safe { text } else { in_quotes(name) })
    }

    fn many(&mut self, many: &Many, total: usize) {
        let numbers: Option<Vec<f64>> =
            many.names.iter().map(|name| name.parse().ok().filter(|number: &f64| number.is_finite())).collect();
        let has_one_each = many.owners.is_sorted_by(|a, b| a < b);
        if let Some(numbers) = numbers.as_ref().filter(|numbers| numbers.len() > FEW && has_one_each) {
            let mut values = vec![f64::NAN; total];
            for (owner, code) in many.pairs() {
                if let (Some(slot), Some(number)) = (values.get_mut(owner as usize), numbers.get(code as usize)) {
                    *slot = *number;
                }
            }
            return self.numbers(&values, false);
        }
        self.codes = vec![0; total];
        let mut known: HashMap<&[u32], u32> = HashMap::new();
        let mut from = 0;
        for owners in many.owners.chunk_by(|a, b| a == b) {
            let set = many.codes.get(from..from + owners.len()).unwrap_or_default();
            from += owners.len();
            let code = if let Some(code) = known.get(set) {
                *code
            } else {
                let names = || set.iter().filter_map(|code| many.names.get(*code as usize));
                let clauses: Vec<String> = names().map(|name| self.named(name)).collect();
                let clause = if clauses.len() > 1 { format!("({})", clauses.join(" ")) } else { clauses.concat() };
                let code = self.add(names().map(String::as_str).collect::<Vec<_>>().join(", "), clause);
                known.insert(set, code);
                code
            };
            if let Some(slot) = owners.first().and_then(|owner| self.codes.get_mut(*owner as usize)) {
                *slot = code;
            }
        }
        if numbers.is_some() {
            self.sort_numbers();
        }
    }

    /// Puts groups that are named after numbers into their order.
    fn sort_numbers(&mut self) {
        let number = |group: &Group| group.name.parse::<f64>().ok();
        if self.groups.iter().skip(1).any(|group| number(group).is_none()) {
            return;
        }
        let mut order: Vec<usize> = (1..self.groups.len()).collect();
        let value = |at: &usize| self.groups.get(*at).and_then(number).unwrap_or_default();
        order.sort_by(|a, b| value(a).total_cmp(&value(b)));
        let mut places = vec![0_u32; self.groups.len()];
        for (place, at) in (1_u32..).zip(&order) {
            if let Some(slot) = places.get_mut(*at) {
                *slot = place;
            }
        }
        let sorted = std::iter::once(0).chain(order).filter_map(|at| self.groups.get(at).cloned()).collect();
        self.groups = sorted;
        for code in &mut self.codes {
            *code = places.get(*code as usize).copied().unwrap_or_default();
        }
        self.is_ordered = true;
    }

    fn texts<'a>(&mut self, texts: impl Iterator<Item = Option<&'a str>>, is_looked_into: bool) {
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut codes = Vec::new();
        for text in texts {
            let code = text.filter(|text| !text.is_empty()).map_or(0, |text| {
                *known.entry(text).or_insert_with(|| {
                    // A colon asks where a text occurs.
                    let clause =
                        if is_looked_into { format!("{} = {}", self.field, in_quotes(text)) } else { self.named(text) };
                    self.add(text.to_owned(), clause)
                })
            });
            codes.push(code);
        }
        self.codes = codes;
    }

    /// Numbers, of which NaN is none.
    fn numbers(&mut self, values: &[f64], is_short: bool) {
        self.is_ordered = true;
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let mut distinct = sorted.clone();
        distinct.dedup();
        let has_infinite = values.iter().any(|value| value.is_infinite());
        if distinct.len() <= FEW && !has_infinite {
            for value in &distinct {
                #[expect(clippy::cast_possible_truncation, reason = "it was computed with 32 bits")]
                let text = if is_short { (*value as f32).to_string() } else { value.to_string() };
                let clause = format!("{} = {text}", self.field);
                self.add(text, clause);
            }
            self.place(values, &distinct);
            return;
        }
        let edges = edges(&sorted, &distinct);
        self.spans(&edges, distinct.iter().all(|value| value.fract() == 0.0) && !has_infinite);
        #[expect(clippy::cast_possible_truncation, reason = "what they are compared with is rounded as they are")]
        let bound = |edge: f64| if is_short { f64::from(edge as f32) } else { edge };
        let starts: Vec<f64> =
            std::iter::once(f64::NEG_INFINITY).chain(edges.iter().map(|(edge, _)| bound(*edge))).collect();
        self.place(values, &starts);
    }

    /// Puts each number into the group that begins at the last of `starts` that is not above it.
    fn place(&mut self, values: &[f64], starts: &[f64]) {
        let code = |value: &f64| if value.is_nan() { 0 } else { starts.partition_point(|start| start <= value) };
        self.codes = values.iter().map(|value| u32::try_from(code(value)).unwrap_or_default()).collect();
    }

    /// A group for each span between edges, and for those below and above them all.
    fn spans(&mut self, edges: &[(f64, String)], is_whole: bool) {
        let field = self.field.clone();
        let ends = |at: usize| (at.checked_sub(1).and_then(|at| edges.get(at)), edges.get(at));
        for at in 0..=edges.len() {
            let (name, clause) = match ends(at) {
                (Some((from, text)), Some((to, end))) => {
                    let last = to - 1.0;
                    let name = match (is_whole, last > *from) {
                        (true, true) => format!("{text}–{last}"),
                        (true, false) => text.clone(),
                        (false, _) => format!("{text}–{end}"),
                    };
                    (name, format!("({field} >= {text} and {field} < {end})"))
                }
                (Some((_, from)), None) => (format!("{from} and more"), format!("{field} >= {from}")),
                (None, Some((_, to))) => (format!("below {to}"), format!("{field} < {to}")),
                (None, None) => ("any".to_owned(), format!("has:{field}")),
            };
            self.add(name, clause);
        }
    }

    /// Traces that have no number have a word; the first word stands for a number.
    fn words(&mut self, words: &Names) {
        let groups: Vec<u32> =
            words.names.iter().skip(1).map(|word| self.add(word.clone(), self.named(word))).collect();
        for (slot, word) in self.codes.iter_mut().zip(words.codes.iter()) {
            let word = word.and_then(|word| groups.get((word as usize).checked_sub(1)?));
            if let (0, Some(group)) = (*slot, word) {
                *slot = *group;
            }
        }
    }
}

/// Where spans begin but for the first, with their text: such that about as many numbers fall into each, else evenly
/// wide. They have as few digits as tell them apart.
fn edges(sorted: &[f64], distinct: &[f64]) -> Vec<(f64, String)> {
    let (Some(low), Some(high)) = (distinct.first(), distinct.last()) else { return Vec::new() };
    let fine = (high - low) / 100.0;
    let is_whole = distinct.iter().all(|value| value.fract() == 0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of digits within bounds")]
    let digits = if is_whole { 0 } else { (-fine.log10()).ceil().clamp(0.0, 15.0) as usize };
    let rounded = |value: f64| {
        let text = format!("{value:.digits$}");
        let number = text.parse::<f64>().ok().filter(|number| low < number && number <= high)?;
        Some((number, text))
    };
    let told = |values: &mut dyn Iterator<Item = f64>| {
        let mut edges: Vec<(f64, String)> = values.filter_map(rounded).collect();
        edges.dedup_by(|a, b| a.1 == b.1);
        edges
    };
    let by_count = told(&mut (1..SPANS).filter_map(|part| sorted.get(sorted.len() * part / SPANS).copied()));
    if by_count.len() > 1 {
        return by_count;
    }
    told(&mut (1..SPANS).map(|part| low + (high - low) * part as f64 / SPANS as f64))
}
