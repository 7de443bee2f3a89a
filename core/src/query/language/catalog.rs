//! Every field that can be asked for, once: name, what kind of value it has, what it means.

use super::complete::in_quotes;
use super::near::nearest;
use super::specs::{ALIASES, FALLBACK, SPECS};

/// What a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::query) enum What {
    Row,
    Id,
    SourceId,
    Problem,
    Answer,
    Generator,
    File,
    Format,
    Splitter,
    Outcome,
    Reward,
    Steps,
    Branching,
    Warnings,
    State,
    Note,
    Annotator,
    LabelSource,
    Label,
    Tag,
    ErrorType,
    Severity,
    Scale,
    Soft,
    FirstError,
    Score,
    Meta,
    StepNumber,
    StepIndex,
    Kind,
    Text,
    Tool,
    Arguments,
    Section,
    Author,
    Words,
    IsFirst,
    IsLast,
    OnPath,
    Failed,
    Flag,
    IsError,
    StepNote,
    StepLabel,
    StepTag,
    StepErrorType,
    StepSeverity,
    StepScale,
    StepSoft,
    StepScore,
    Delta,
    StepMeta,
}

/// What kind of value a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::query) enum Kind {
    /// One of some names: compared as a whole.
    Name,
    /// Any number of names, of which one has to fit.
    Names,
    /// Text to look into.
    Words,
    Number,
    Flag,
}

/// What may stand in brackets behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// Whose labels are meant.
    Source,
    /// Which scorer is meant.
    Scorer,
    /// What is meant, by name; has to be given.
    Key,
}

/// A field of traces or of steps.
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) what: What,
    pub(super) kind: Kind,
    pub(super) takes: Takes,
    pub(super) is_step: bool,
    pub(super) help: &'static str,
}

/// Whose labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::query) enum Said {
    /// Everyone's; of a first error the own word, else that of the data.
    Anyone,
    /// The annotator's own, or those of the named annotator.
    Own(Option<String>),
    /// Those that came with the data, of every source or of the named one.
    Imported(Option<String>),
    /// What another label source takes the steps for, as [`LabelSource`] writes it: a scorer at a threshold, what several
    /// sources agree on.
    Judged(String),
}

/// What stands in brackets behind the name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::query) enum Of {
    Nothing,
    Source(Said),
    /// `None` for the scores in force.
    Scorer(Option<String>),
    Key(String),
}

/// What stands behind the last dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::query) enum Part {
    Whole,
    /// Of a first error: its place from 0 to 1.
    Relative,
    Min,
    Max,
    Mean,
    First,
    Last,
    Final,
    Argmin,
    Trace,
}

/// A field as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::query) struct Field {
    pub(in crate::query) what: What,
    pub(in crate::query) of: Of,
    pub(in crate::query) part: Part,
}

/// What a field is called and means, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldHelp {
    /// How it is written.
    pub name: &'static str,
    /// True for fields of steps.
    pub is_step: bool,
    /// What it means, in a line.
    pub help: &'static str,
}

/// Every field, in the order of lists.
pub fn field_help() -> impl Iterator<Item = FieldHelp> {
    SPECS.iter().map(|spec| FieldHelp { name: spec.name, is_step: spec.is_step, help: spec.help })
}

impl Part {
    const OF_SCORE: [(&'static str, Self); 8] = [
        ("min", Self::Min),
        ("max", Self::Max),
        ("mean", Self::Mean),
        ("first", Self::First),
        ("last", Self::Last),
        ("final", Self::Final),
        ("argmin", Self::Argmin),
        ("trace", Self::Trace),
    ];
    const OF_ERROR: [(&'static str, Self); 1] = [("relative", Self::Relative)];

    /// The parts that a field has, by name.
    pub(super) const fn of(what: What) -> &'static [(&'static str, Self)] {
        match what {
            What::Score => &Self::OF_SCORE,
            What::FirstError => &Self::OF_ERROR,
            _ => &[],
        }
    }
}

impl What {
    pub(super) fn spec(self) -> &'static Spec {
        // Every one has an entry: a test holds it.
        SPECS.iter().find(|spec| spec.what == self).unwrap_or(&FALLBACK)
    }
}

impl What {
    /// True where it may be asked whose labels are meant.
    pub(in crate::query) fn takes_source(self) -> bool {
        self.spec().takes == Takes::Source
    }

    /// True for what is worked out of ratings alone, so that every label source has something to say of it.
    pub(super) const fn is_judged(self) -> bool {
        matches!(self, Self::FirstError | Self::Label | Self::StepLabel | Self::IsError)
    }
}

impl Field {
    /// A field without anything in brackets.
    pub(in crate::query) const fn plain(what: What) -> Self {
        Self { what, of: Of::Nothing, part: Part::Whole }
    }

    pub(in crate::query) fn kind(&self) -> Kind {
        self.what.spec().kind
    }

    pub(in crate::query) fn is_step(&self) -> bool {
        self.what.spec().is_step
    }

    /// How it is written.
    pub(in crate::query) fn name(&self) -> String {
        let spec = self.what.spec();
        let step = if spec.is_step { "step." } else { "" };
        let quoted = in_quotes;
        let of = match &self.of {
            Of::Nothing | Of::Source(Said::Anyone) | Of::Scorer(None) => String::new(),
            Of::Key(key) if matches!(spec.what, What::Meta | What::StepMeta) => {
                let plain = !key.is_empty() && key.chars().all(is_meta_char);
                return if plain { format!("{step}meta.{key}") } else { format!("{step}meta({})", quoted(key)) };
            }
            Of::Scorer(Some(text)) | Of::Key(text) => format!("({})", quoted(text)),
            Of::Source(Said::Own(None)) => "(own)".into(),
            Of::Source(Said::Imported(None)) => "(imported)".into(),
            Of::Source(Said::Own(Some(name))) => format!("({})", quoted(&format!("own:{name}"))),
            Of::Source(Said::Imported(Some(name))) => format!("({})", quoted(&format!("imported:{name}"))),
            Of::Source(Said::Judged(source)) => format!("({})", quoted(source)),
        };
        let part = Part::of(spec.what).iter().find(|(_, part)| *part == self.part);
        let part = part.map(|(name, _)| format!(".{name}")).unwrap_or_default();
        format!("{step}{}{of}{part}", spec.name)
    }
}

/// How that key of metadata of traces is written.
pub(crate) fn meta_name(key: &str) -> String {
    Field { what: What::Meta, of: Of::Key(key.into()), part: Part::Whole }.name()
}

/// True for what a path of metadata may consist of without quotation marks.
pub(super) fn is_meta_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')
}

/// The field of that name. Inside a quantifier those of steps come first.
pub(super) fn find(name: &str, in_step: bool) -> Option<&'static Spec> {
    let find = |name: &str, is_step: bool| {
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
        SPECS.iter().find(|spec| spec.is_step == is_step && spec.name == name)
    };
    match name.strip_prefix("step.") {
        Some(name) => find(name, true),
        None if in_step => find(name, true).or_else(|| find(name, false)),
        None => find(name, false),
    }
}

/// The flag of steps that was probably meant by a word that is none.
pub(super) fn flag_like(word: &str) -> Option<&'static str> {
    let flags = SPECS.iter().filter(|spec| spec.is_step && spec.kind == Kind::Flag).map(|spec| spec.name);
    (word.len() > 3).then(|| nearest(word, flags)).flatten()
}

/// The field that was probably meant.
pub(super) fn meant(name: &str, in_step: bool) -> Option<String> {
    let (bare, is_step) = name.strip_prefix("step.").map_or((name, in_step), |bare| (bare, true));
    let names = |is_step: bool| SPECS.iter().filter(move |spec| spec.is_step == is_step).map(|spec| spec.name);
    if let Some(found) = nearest(bare, names(is_step)) {
        return Some(if is_step { format!("step.{found}") } else { found.into() });
    }
    // A field of the other sort, spelled right or nearly so.
    nearest(bare, names(!is_step)).map(|found| if is_step { found.to_owned() } else { format!("step.{found}") })
}
