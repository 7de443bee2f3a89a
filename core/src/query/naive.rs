//! Questions made at random, and answered trace by trace, straight from the model: what the columns have to agree with.

use proptest::prelude::*;
use regex::RegexBuilder;

use crate::model::{FirstError, ImportedValue, StepFlag, StepIndex, StepKind, Trace};

/// Parts of the texts of the traces that are made.
pub(super) const WORDS: [&str; 4] = ["apple", "Pear", "Error: no", "plum 7"];

/// A trace with what its annotator said of it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) trace: Trace,
    pub(super) own_error: Option<StepIndex>,
    /// Of a step, or of the whole trace.
    pub(super) said: Vec<(Option<StepIndex>, Own)>,
}

/// What an annotator said besides.
#[derive(Clone, Debug)]
pub(super) enum Own {
    Tag(&'static str),
    Scale(f64),
    Note(&'static str),
    /// Of steps only.
    Soft(f64),
    /// Kind, kind within the kind, severity. Of steps only.
    Error(&'static str, Option<&'static str>, Option<&'static str>),
}

/// A condition on a trace, or inside of a quantifier on a step.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Word(&'static str),
    Pattern(&'static str),
    Is(&'static str, Is),
    Has(&'static str),
    /// A step that is so, by a flag.
    Flag(&'static str),
    /// Two numbers are compared.
    Both(&'static str, &'static str, &'static str),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Steps(&'static str, Box<Self>),
    Count(Box<Self>, &'static str, u32),
    /// How far at most, and on which side.
    Near(Option<u32>, &'static str, Box<Self>),
}

/// What a field is to be. Numbers are in quarters of what is asked for, but where the field is counted.
#[derive(Clone, Debug)]
pub(super) enum Is {
    Number(&'static str, i32),
    Range(Option<i32>, Option<i32>),
    Exactly(&'static str),
    Unequal(&'static str),
    Glob(&'static str),
    Part(&'static str),
    Regex(&'static str),
}

/// What a field says of a trace or step.
enum Value {
    Number(Option<f64>),
    Names(Vec<String>),
    /// A text, which is looked into.
    Text(String),
    /// Texts of people, which are looked into by whatever sign.
    Notes(Vec<String>),
}

const COUNTED: [&str; 7] =
    ["steps", "first_error", "first_error(imported:human)", "number", "index", "words", "score(\"q\").argmin"];
const NUMBERS: [&str; 16] = [
    "steps",
    "meta.level",
    "first_error",
    "first_error(imported:human)",
    "first_error.relative",
    "score(\"q\")",
    "score(\"q\").max",
    "score(\"q\").mean",
    "score(\"q\").first",
    "score(\"q\").last",
    "score(\"q\").final",
    "score(\"q\").argmin",
    "score(\"q\").trace",
    "soft",
    "soft(own)",
    "scale(\"clarity\")",
];
const NAMES: [&str; 11] = [
    "generator",
    "outcome",
    "tag",
    "tag(own)",
    "error_type",
    "severity",
    "note",
    "label(imported:human)",
    "label_source",
    "annotator",
    "first_error(imported)",
];
const STEP_NUMBERS: [&str; 7] =
    ["number", "index", "words", "score(\"q\")", "delta(\"q\")", "soft", "scale(\"clarity\")"];
const STEP_NAMES: [&str; 11] = [
    "kind",
    "text",
    "tool",
    "arguments",
    "section",
    "flag",
    "tag",
    "error_type",
    "severity",
    "note",
    "label(imported:human)",
];
const FLAGS: [&str; 4] = ["is_last", "is_first", "failed", "is_error"];
const SIGNS: [&str; 6] = ["<", "<=", ">", ">=", "=", "!="];

/// What is asked for of a name: values that some field has, in another case too.
fn names_of(field: &str) -> &'static [&'static str] {
    match field.split(['(', '.']).next().unwrap_or_default() {
        "generator" => &["a", "AB", "b c"],
        "outcome" => &["correct", "incorrect", "unknown"],
        "tag" | "error_type" => &["slip", "Odd one", "algebra", "algebra/sign"],
        "severity" => &["minor", "grave"],
        "note" => &["look", "again"],
        "label" => &["bad", "good", "tag", "first_error"],
        "label_source" => &["human", "rule", "mc", "own:me"],
        "annotator" => &["me"],
        "first_error" => &["none", "unsure"],
        "kind" => &["thought", "tool_call", "tool_result", "answer"],
        "tool" => &["search", "Calc"],
        "section" => &["thinking", "The end"],
        "flag" => &["failed", "pruned"],
        _ => &["apple", "pear 1", "{\"q\": \"plum 7\"}"],
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

fn unit(field: &str) -> f64 {
    if COUNTED.contains(&field) { 1.0 } else { 4.0 }
}

impl Is {
    fn text(&self, field: &str) -> String {
        let number = |number: &i32| (f64::from(*number) / unit(field)).to_string();
        let bound = |bound: &Option<i32>| bound.as_ref().map(number).unwrap_or_default();
        match self {
            // Both ways to write it.
            Self::Number(sign, wanted) if wanted % 2 == 0 => format!("{field} {sign} {}", number(wanted)),
            Self::Number(sign, wanted) => format!("{field}:{sign}{}", number(wanted)),
            Self::Range(from, to) => format!("{field}:{}..{}", bound(from), bound(to)),
            Self::Exactly(name) => format!("{field} = {}", quoted(name)),
            Self::Unequal(name) => format!("{field} != {}", quoted(name)),
            Self::Glob(pattern) => format!("{field} = {pattern}"),
            Self::Part(part) => format!("{field} ~ {}", quoted(part)),
            Self::Regex(pattern) => format!("{field}:/{pattern}/"),
        }
    }

    fn holds(&self, field: &str, value: &Value) -> bool {
        let number = |number: &i32| f64::from(*number) / unit(field);
        match (self, value) {
            (Self::Number(sign, wanted), Value::Number(Some(value))) => compared(sign, *value, number(wanted)),
            (Self::Range(from, to), Value::Number(Some(value))) => {
                from.is_none_or(|from| *value >= number(&from)) && to.is_none_or(|to| *value <= number(&to))
            }
            (_, Value::Number(_)) => false,
            (_, Value::Names(names)) => names.iter().any(|name| self.fits(name)),
            (_, Value::Text(text)) => !text.is_empty() && self.fits(text),
            (Self::Exactly(part), Value::Notes(notes)) => notes.iter().any(|note| Self::Part(part).fits(note)),
            (Self::Unequal(part), Value::Notes(notes)) => notes.iter().any(|note| !Self::Part(part).fits(note)),
            (Self::Glob(part), Value::Notes(notes)) => notes.iter().any(|note| Self::Part(part).fits(note)),
            (_, Value::Notes(notes)) => notes.iter().any(|note| self.fits(note)),
        }
    }

    /// Whether a text is what is asked for.
    fn fits(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        match self {
            Self::Number(..) | Self::Range(..) => false,
            Self::Exactly(name) => text == name.to_lowercase(),
            Self::Unequal(name) => text != name.to_lowercase(),
            Self::Glob(pattern) => {
                let (start, end) = pattern.split_once('*').unwrap();
                text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
            }
            Self::Part(part) => text.contains(&part.to_lowercase()),
            Self::Regex(pattern) => finds(pattern, &text),
        }
    }
}

fn finds(pattern: &str, text: &str) -> bool {
    RegexBuilder::new(pattern).case_insensitive(true).build().unwrap().is_match(text)
}

#[expect(clippy::float_cmp, reason = "equality is what was asked for")]
fn compared(sign: &str, left: f64, right: f64) -> bool {
    match sign {
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        "!=" => left != right,
        _ => left == right,
    }
}

impl Asked {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Word(word) => quoted(word),
            Self::Pattern(pattern) => format!("/{pattern}/"),
            Self::Is(field, is) => is.text(field),
            Self::Has(field) => format!("has:{field}"),
            Self::Flag(flag) => (*flag).to_owned(),
            Self::Both(left, sign, right) => format!("{left} {sign} {right}"),
            Self::Not(inner) => format!("not ({})", inner.text()),
            Self::And(a, b) => format!("({}) ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) or ({})", a.text(), b.text()),
            Self::Steps(how, inner) => format!("{how}({})", inner.text()),
            Self::Count(inner, sign, number) => format!("count({}) {sign} {number}", inner.text()),
            Self::Near(None, side, inner) => format!("{side}({})", inner.text()),
            Self::Near(Some(most), side, inner) => format!("within({most}, {side}, {})", inner.text()),
        }
    }

    /// Whether the trace meets it, or the step of it.
    pub(super) fn holds(&self, case: &Case, at: Option<StepIndex>) -> bool {
        let trace = &case.trace;
        let all = || (0..).take(trace.steps.len());
        match self {
            Self::Word(word) => texts(case, at).iter().any(|text| text.to_lowercase().contains(&word.to_lowercase())),
            Self::Pattern(pattern) => {
                let mut texts = texts(case, at);
                if at.is_none() {
                    texts.retain(|text| Some(text) != trace.generator.as_ref());
                }
                texts.iter().any(|text| finds(pattern, text))
            }
            Self::Is(field, is) => is.holds(field, &value(case, field, at)),
            Self::Has(field) => match value(case, field, at) {
                Value::Number(number) => number.is_some(),
                Value::Names(names) | Value::Notes(names) => !names.is_empty(),
                Value::Text(text) => !text.is_empty(),
            },
            Self::Flag(flag) => is_so(case, flag, at.unwrap()),
            Self::Both(left, sign, right) => match (value(case, left, at), value(case, right, at)) {
                (Value::Number(Some(left)), Value::Number(Some(right))) => compared(sign, left, right),
                _ => false,
            },
            Self::Not(inner) => !inner.holds(case, at),
            Self::And(a, b) => a.holds(case, at) && b.holds(case, at),
            Self::Or(a, b) => a.holds(case, at) || b.holds(case, at),
            Self::Steps(how, inner) => match *how {
                "any" => all().any(|step| inner.holds(case, Some(step))),
                "all" => all().all(|step| inner.holds(case, Some(step))),
                _ => !all().any(|step| inner.holds(case, Some(step))),
            },
            Self::Count(inner, sign, number) => {
                let count = all().filter(|step| inner.holds(case, Some(*step))).count();
                compared(sign, count as f64, f64::from(*number))
            }
            Self::Near(most, side, inner) => all().any(|other: StepIndex| {
                let here = at.unwrap();
                let (above, below) = if *side == "after" { (other, here) } else { (here, other) };
                let path = trace.tree().path_to(&trace.steps, below);
                let far = path.iter().rev().position(|step| *step == above);
                far.is_some_and(|far| far > 0 && most.is_none_or(|most| far <= most as usize))
                    && inner.holds(case, Some(other))
            }),
        }
    }
}

/// Where words are looked for.
fn texts(case: &Case, at: Option<StepIndex>) -> Vec<String> {
    let trace = &case.trace;
    let steps = trace.steps.iter().enumerate().filter(|(step, _)| at.is_none_or(|at| at as usize == *step));
    let mut texts = Vec::new();
    for (_, step) in steps {
        texts.push(step.text.clone());
        texts.extend(step.tool.iter().flat_map(|tool| [tool.name.clone(), tool.arguments.clone()]));
    }
    if at.is_none() {
        texts.push(trace.problem.text().into_owned());
        texts.extend(trace.generator.clone());
    }
    texts
}

fn is_so(case: &Case, flag: &str, at: StepIndex) -> bool {
    let trace = &case.trace;
    let step = &trace.steps[at as usize];
    match flag {
        "is_last" => trace.tree().children(at).is_empty(),
        "is_first" => step.parent.is_none(),
        "failed" => {
            let says_so = step.kind == StepKind::ToolResult && step.text.starts_with("Error:");
            says_so || step.flags.contains(&StepFlag::Failed)
        }
        _ => match case.own_error {
            Some(own) => own == at,
            None => match trace.imported_first_error(None) {
                Some(FirstError::At(hash)) => trace.find_step(&hash) == Some(at),
                _ => false,
            },
        },
    }
}

/// The value of a field; inside of a quantifier that of the step, where steps have such a field.
fn value(case: &Case, field: &str, at: Option<StepIndex>) -> Value {
    let trace = &case.trace;
    let name = |name: Option<String>| Value::Names(name.into_iter().collect());
    let step = at.map(|at| &trace.steps[at as usize]);
    let names = |names: Vec<&str>| Value::Names(names.into_iter().map(str::to_owned).collect());
    // Of the step, else of the trace and of all its steps.
    let imported = || trace.labels.iter().filter(move |label| at.is_none_or(|at| label.step == Some(at)));
    let said = || case.said.iter().filter(move |(step, _)| at.is_none_or(|at| *step == Some(at))).map(|(_, own)| own);
    let lowest = |numbers: Vec<f64>| Value::Number(numbers.into_iter().reduce(f64::min));
    let own_soft = || said().filter_map(|own| if let Own::Soft(soft) = own { Some(*soft) } else { None });
    let own_tags = || said().filter_map(|own| if let Own::Tag(tag) = own { Some(*tag) } else { None });
    let tags = || imported().filter(|label| label.value == ImportedValue::Tag).map(|label| label.raw.as_str());
    let errors = || said().filter_map(|own| if let Own::Error(..) = own { Some(own.clone()) } else { None });
    match (field, step) {
        ("steps", _) => Value::Number(Some(trace.steps.len() as f64)),
        ("meta.level", _) => {
            let level = trace.metadata.get("level").or_else(|| trace.problem.metadata.get("level"));
            Value::Number(level.and_then(serde_json::Value::as_f64))
        }
        ("first_error", _) => Value::Number(error_number(case)),
        ("first_error(own)", _) => Value::Number(case.own_error.map(|own| depth(trace, own))),
        ("first_error(imported:human)", _) => {
            let said = trace.imported_first_error(Some("human"));
            Value::Number(said.and_then(|said| number_of(trace, &said)))
        }
        ("first_error(imported)", _) => match trace.imported_first_error(None) {
            Some(FirstError::NoneUpTo(_)) => names(vec!["none"]),
            Some(FirstError::Unsure) => names(vec!["unsure"]),
            Some(FirstError::At(_)) => names(vec!["at"]),
            None => names(Vec::new()),
        },
        ("first_error.relative", _) => {
            let path = trace.tree().main_path(&trace.steps).len() as f64;
            Value::Number(error_number(case).map(|number| number / path.max(number)))
        }
        ("score(\"q\")", Some(_)) => Value::Number(score(trace, at)),
        ("delta(\"q\")", Some(step)) => {
            let before = step.parent.and_then(|parent| score(trace, Some(parent)));
            Value::Number(score(trace, at).zip(before).map(|(now, before)| now - before))
        }
        (part, _) if part.starts_with("score") => Value::Number(path_score(trace, part)),
        ("soft", _) => {
            let soft =
                imported().filter_map(|l| if let ImportedValue::Soft(soft) = l.value { Some(soft) } else { None });
            lowest(soft.chain(own_soft()).collect())
        }
        ("soft(own)", _) => lowest(own_soft().collect()),
        ("scale(\"clarity\")", _) => {
            lowest(said().filter_map(|own| if let Own::Scale(value) = own { Some(*value) } else { None }).collect())
        }
        ("generator", _) => name(trace.generator.clone()),
        ("outcome", _) => names(vec![trace.outcome.verdict.name()]),
        ("tag", _) => names(tags().chain(own_tags()).collect()),
        ("tag(own)", _) => names(own_tags().collect()),
        ("error_type", _) => {
            let kinds = errors().flat_map(|own| match own {
                Own::Error(kind, sub, _) => [Some(kind.to_owned()), sub.map(|sub| format!("{kind}/{sub}"))],
                _ => [None, None],
            });
            Value::Names(tags().map(str::to_owned).chain(kinds.flatten()).collect())
        }
        ("severity", _) => {
            let severity = |own: Own| if let Own::Error(_, _, severity) = own { severity } else { None };
            names(errors().filter_map(severity).collect())
        }
        ("note", _) => {
            let notes =
                said().filter_map(|own| if let Own::Note(note) = own { Some((*note).to_owned()) } else { None });
            Value::Notes(notes.collect())
        }
        ("label(imported:human)", _) => {
            names(imported().filter(|label| label.source == "human").map(|label| label.value.name()).collect())
        }
        ("label(own)", _) => names(if says_anything(case) { vec!["something"] } else { Vec::new() }),
        ("label_source", _) => {
            let own = says_something(case).then_some("own:me");
            names(imported().map(|label| label.source.as_str()).chain(own).collect())
        }
        ("annotator", _) => names(if says_something(case) { vec!["me"] } else { Vec::new() }),
        ("number", Some(_)) => Value::Number(at.map(|at| depth(trace, at))),
        ("index", Some(_)) => Value::Number(at.map(|at| f64::from(at) + 1.0)),
        ("words", Some(step)) => Value::Number(Some(step.text.split_whitespace().count() as f64)),
        ("kind", Some(step)) => names(vec![step.kind.name()]),
        ("text", Some(step)) => Value::Text(step.text.clone()),
        ("tool", Some(step)) => name(step.tool.as_ref().map(|tool| tool.name.clone())),
        ("arguments", Some(step)) => Value::Text(step.tool.as_ref().map(|t| t.arguments.clone()).unwrap_or_default()),
        ("section", Some(step)) => name(step.section.clone()),
        ("flag", Some(step)) => names(step.flags.iter().map(|flag| flag.name()).collect()),
        (other, _) => panic!("no field {other}"),
    }
}

/// The annotator left some trace of work.
fn says_something(case: &Case) -> bool {
    case.own_error.is_some() || !case.said.is_empty()
}

/// A label of the annotator, and no mere note.
fn says_anything(case: &Case) -> bool {
    case.own_error.is_some() || case.said.iter().any(|(_, own)| !matches!(own, Own::Note(_)))
}

fn score(trace: &Trace, step: Option<StepIndex>) -> Option<f64> {
    trace.scores.iter().rfind(|score| score.step == step).map(|score| score.value)
}

fn path_score(trace: &Trace, part: &str) -> Option<f64> {
    let path = trace.tree().main_path(&trace.steps);
    let scored: Vec<(usize, f64)> =
        path.iter().enumerate().filter_map(|(at, step)| Some((at, score(trace, Some(*step))?))).collect();
    let values = || scored.iter().map(|(_, value)| *value);
    let lowest = values().reduce(f64::min);
    match part.rsplit('.').next().unwrap() {
        "max" => values().reduce(f64::max),
        "mean" => (!scored.is_empty()).then(|| values().sum::<f64>() / scored.len() as f64),
        "first" => values().next(),
        "last" => values().next_back(),
        "final" => score(trace, Some(*path.last()?)),
        "argmin" => scored.iter().find(|(_, value)| Some(*value) == lowest).map(|(at, _)| *at as f64 + 1.0),
        "trace" => score(trace, None),
        _ => lowest,
    }
}

fn depth(trace: &Trace, step: StepIndex) -> f64 {
    trace.tree().path_to(&trace.steps, step).len() as f64
}

fn number_of(trace: &Trace, said: &FirstError) -> Option<f64> {
    let FirstError::At(hash) = said else { return None };
    Some(depth(trace, trace.find_step(hash)?))
}

/// The own word, else that of the data.
fn error_number(case: &Case) -> Option<f64> {
    match case.own_error {
        Some(own) => Some(depth(&case.trace, own)),
        None => number_of(&case.trace, &case.trace.imported_first_error(None)?),
    }
}

fn sign() -> impl Strategy<Value = &'static str> {
    prop::sample::select(SIGNS.to_vec())
}

fn of_number(fields: &'static [&'static str]) -> impl Strategy<Value = Asked> {
    let number = || -5..7_i32;
    let is = prop_oneof![
        (sign(), number()).prop_map(|(sign, wanted)| Is::Number(sign, wanted)),
        (number(), 0..4_i32).prop_map(|(from, more)| Is::Range(Some(from), Some(from + more))),
        number().prop_map(|from| Is::Range(Some(from), None)),
        number().prop_map(|to| Is::Range(None, Some(to))),
    ];
    (prop::sample::select(fields), is).prop_map(|(field, is)| Asked::Is(field, is))
}

fn of_name(fields: &'static [&'static str]) -> impl Strategy<Value = Asked> {
    prop::sample::select(fields).prop_flat_map(|field| {
        let name = || prop::sample::select(names_of(field));
        let is = prop_oneof![
            3 => name().prop_map(Is::Exactly),
            1 => name().prop_map(Is::Unequal),
            1 => prop::sample::select(vec!["a*", "*e", "p*1", "*"]).prop_map(Is::Glob),
            1 => prop::sample::select(vec!["o", "A", "pl"]).prop_map(Is::Part),
            1 => prop::sample::select(vec!["^[ab]", "l.?g", "d$"]).prop_map(Is::Regex),
        ];
        is.prop_map(move |is| Asked::Is(field, is))
    })
}

fn text() -> impl Strategy<Value = Asked> {
    prop_oneof![
        3 => prop::sample::select(WORDS.to_vec()).prop_map(Asked::Word),
        1 => Just(Asked::Word("search")),
        1 => prop::sample::select(vec!["pl.m", "^what \\d", "calc|1$"]).prop_map(Asked::Pattern),
    ]
}

fn joined(inner: BoxedStrategy<Asked>) -> impl Strategy<Value = Asked> {
    let boxed = move || inner.clone().prop_map(Box::new);
    prop_oneof![
        boxed().prop_map(Asked::Not),
        (boxed(), boxed()).prop_map(|(a, b)| Asked::And(a, b)),
        (boxed(), boxed()).prop_map(|(a, b)| Asked::Or(a, b)),
    ]
}

fn of_step() -> impl Strategy<Value = Asked> {
    let has = vec!["soft", "tool", "arguments", "section", "flag", "score(\"q\")", "delta(\"q\")", "tag", "note"];
    let leaf = prop_oneof![
        1 => text(),
        4 => of_number(&STEP_NUMBERS),
        4 => of_name(&STEP_NAMES),
        2 => prop::sample::select(FLAGS.to_vec()).prop_map(Asked::Flag),
        1 => sign().prop_map(|sign| Asked::Both("number", sign, "first_error")),
        1 => of_name(&["generator"]),
        1 => prop::sample::select(has).prop_map(Asked::Has),
    ];
    leaf.prop_recursive(3, 6, 2, |inner| {
        let side = prop::sample::select(vec!["after", "before"]);
        let near = (prop::option::of(1..3_u32), side, inner.clone().prop_map(Box::new));
        prop_oneof![3 => joined(inner), 1 => near.prop_map(|(most, side, inner)| Asked::Near(most, side, inner))]
    })
}

/// Any question.
pub(super) fn asked() -> impl Strategy<Value = Asked> {
    let has = vec!["generator", "meta.level", "label(own)", "score(\"q\")", "tag", "severity", "soft", "note"];
    let how = prop::sample::select(vec!["any", "all", "none"]);
    let leaf = prop_oneof![
        1 => text(),
        4 => of_number(&NUMBERS),
        4 => of_name(&NAMES),
        1 => sign().prop_map(|sign| Asked::Both("first_error(own)", sign, "first_error(imported:human)")),
        1 => prop::sample::select(has).prop_map(Asked::Has),
        4 => (how, of_step()).prop_map(|(how, of)| Asked::Steps(how, Box::new(of))),
        2 => (of_step(), sign(), 0..4_u32).prop_map(|(of, sign, number)| Asked::Count(Box::new(of), sign, number)),
    ];
    leaf.prop_recursive(3, 8, 2, joined)
}
