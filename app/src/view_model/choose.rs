//! What the chooser offers: entries with a letter each, made of the schema and of what is said already.

use stepscope_core::annotation::{
    Dimension, LabelSchema, Labels, Named, Scope, StepRef, Target, TraceAnnotation, letters,
};
use stepscope_core::model::{
    Critique, ErrorLabel, ImportedLabel, Label, LabelKey, LabelKind, Link, OutcomeLabel, Rated, Relation, Span, Step,
    StepRating,
};

use super::card::rating_text;
use super::labels::{author, number};
use super::one_line;
use super::scores::ScoreSeries;
use crate::state::OpenTrace;
use crate::state::choose::{Choose, Page, words};
use crate::state::view::About;

/// Longest words of a listed step or critique, in characters.
const MOST: usize = 160;

/// What the chooser shows.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ChooseModel {
    /// What is asked, and of what.
    pub title: String,
    /// Steps, lines or critiques of which one is picked; empty where there are only entries.
    pub items: Vec<ChooseEntry>,
    /// Entries, each with a letter.
    pub entries: Vec<ChooseEntry>,
    /// Position of the item, or where there are none of the entry, that Enter chooses.
    pub at: usize,
    /// The keys besides the letters.
    pub hint: String,
    /// A key that chooses nothing here closes the chooser and does what it does elsewhere.
    pub passes: bool,
    /// The bytes of the step's text that are picked.
    pub span: Option<(usize, usize)>,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ChooseEntry {
    /// The letter or digit that chooses it.
    pub key: Option<char>,
    /// The number that chooses it, for items.
    pub number: Option<usize>,
    /// What it says.
    pub title: String,
    /// What it means.
    pub hint: String,
    /// It is said already; choosing it takes it away.
    pub said: bool,
    /// What it does.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub choice: Choice,
    /// What the chooser does then.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub then: Then,
}

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// Shows another page.
    Open(Page),
    /// Gives a label.
    Give(Label),
    /// Takes a label away.
    Take(LabelKey),
    /// Begins to write a text.
    Write(About),
}

/// What the chooser does after a label was given or taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// It closes.
    Close,
    /// It goes on to that page.
    Open(Page),
    /// It stays.
    Stay,
}

impl ChooseEntry {
    fn new(title: impl Into<String>, hint: impl Into<String>, choice: Choice) -> Self {
        let (title, hint) = (title.into(), hint.into());
        Self { key: None, number: None, title, hint, said: false, choice, then: Then::Close }
    }

    fn key(self, key: char) -> Self {
        Self { key: Some(key), ..self }
    }

    fn then(self, then: Then) -> Self {
        Self { then, ..self }
    }

    fn said(self, said: bool) -> Self {
        Self { said, ..self }
    }
}

impl ChooseModel {
    /// The entry that a letter chooses.
    pub fn entry(&self, key: char) -> Option<&ChooseEntry> {
        self.entries.iter().find(|entry| entry.key == Some(key))
    }

    /// The item or entry that Enter chooses.
    pub fn picked(&self) -> Option<&ChooseEntry> {
        if self.items.is_empty() { self.entries.get(self.at) } else { self.items.get(self.at) }
    }

    /// Builds a page; `None` where what is labelled is not shown any more.
    pub fn new(
        choose: &Choose,
        open: &OpenTrace,
        said: Option<&TraceAnnotation>,
        schema: &LabelSchema,
        scores: &[ScoreSeries],
        show_imported: bool,
    ) -> Option<Self> {
        let none = Labels::default();
        let step = match &choose.target {
            Target::Trace(trace) => (*trace == open.trace.id).then_some(None)?,
            Target::Step(StepRef { trace, step }) => {
                let shown = open.step().filter(|shown| shown.hash == *step && open.trace.id == *trace);
                Some(shown?)
            }
        };
        let labels = match step {
            None => said.map(|said| &said.labels),
            Some(step) => said.and_then(|said| said.steps.get(&step.hash)).map(|said| &said.labels),
        };
        let page = Builder { choose, open, step, labels: labels.unwrap_or(&none), schema };
        let mut model = match &choose.page {
            Page::Errors => page.errors(),
            Page::Subs(kind) => page.subs(kind),
            Page::Severity => page.severity(),
            Page::Step => page.step_page(),
            Page::Trace => page.trace_page(),
            Page::Soft => page.soft(),
            Page::Scale(id) => page.scale(id)?,
            Page::Later => page.later(),
            Page::Tags => page.tags(),
            Page::Link(relation) => page.links(*relation),
            Page::Words => page.words(),
            Page::Critiques => page.critiques(&found_critiques(open, scores, show_imported)),
        };
        let of = if step.is_some() { format!(" · step {}", open.at + 1) } else { String::new() };
        model.title = format!("{}{of}", model.title);
        let last = if model.items.is_empty() { model.entries.len() } else { model.items.len() };
        model.at = choose.at.min(last.saturating_sub(1));
        Some(model)
    }
}

struct Builder<'a> {
    choose: &'a Choose,
    open: &'a OpenTrace,
    step: Option<&'a Step>,
    labels: &'a Labels,
    schema: &'a LabelSchema,
}

impl Builder<'_> {
    /// Gives a label, or takes it away where just that is said.
    fn toggle(&self, label: Label) -> (Choice, bool) {
        let key = label.key();
        let said = self.labels.get(&key) == Some(&label);
        (if said { Choice::Take(key) } else { Choice::Give(label) }, said)
    }

    fn toggled(&self, title: impl Into<String>, hint: impl Into<String>, label: Label) -> ChooseEntry {
        let (choice, said) = self.toggle(label);
        ChooseEntry::new(title, hint, choice).said(said)
    }

    fn error(&self) -> Option<&ErrorLabel> {
        match self.labels.only(LabelKind::Error) {
            Some(Label::Error(error)) => Some(error),
            _ => None,
        }
    }

    fn error_entry(&self, named: &Named, kind: &str, sub: Option<&str>) -> ChooseEntry {
        let present = self.error();
        let same = present.is_some_and(|error| error.kind == kind && error.sub.as_deref() == sub);
        if same {
            let choice = Choice::Take(LabelKey::only(LabelKind::Error));
            return ChooseEntry::new(named.shown(), &named.hint, choice).said(true);
        }
        let severity = present.filter(|error| error.kind == kind).and_then(|error| error.severity.clone());
        let label = ErrorLabel { kind: kind.to_owned(), sub: sub.map(str::to_owned), severity };
        let then = if self.schema.severities.is_empty() { Then::Close } else { Then::Open(Page::Severity) };
        ChooseEntry::new(named.shown(), &named.hint, Choice::Give(Label::Error(label))).then(then)
    }

    fn errors(&self) -> ChooseModel {
        let present = self.error();
        let mut wishes: Vec<Option<char>> = Vec::new();
        let mut entries = Vec::new();
        for kind in &self.schema.errors {
            let id = &kind.named.id;
            wishes.push(kind.named.key);
            entries.push(if kind.subs.is_empty() {
                self.error_entry(&kind.named, id, None)
            } else {
                ChooseEntry::new(kind.named.shown(), &kind.named.hint, Choice::Open(Page::Subs(id.clone())))
                    .said(present.is_some_and(|error| error.kind == *id))
            });
        }
        // Before kinds of one's own, so that its letter stays what it is.
        entries.push(ChooseEntry::new("Own kind…", "Type what sort of error it is", Choice::Write(About::OwnError)));
        if let Some(own) = present.filter(|error| self.schema.error(&error.kind).is_none()) {
            let named = Named { id: own.kind.clone(), hint: "A kind of your own".into(), ..Named::default() };
            entries.push(self.error_entry(&named, &own.kind, own.sub.as_deref()));
        }
        with_letters(&mut entries, &wishes, "");
        entries.extend(self.severities());
        ChooseModel { title: "Kind of error".into(), entries, hint: KEYS.into(), ..ChooseModel::default() }
    }

    fn subs(&self, kind: &str) -> ChooseModel {
        let Some(found) = self.schema.error(kind) else { return ChooseModel::default() };
        let alone = Named { title: format!("{}, no closer kind", found.named.shown()), ..found.named.clone() };
        let mut entries = vec![self.error_entry(&alone, kind, None)];
        let mut subs: Vec<_> = found.subs.iter().map(|sub| self.error_entry(sub, kind, Some(&sub.id))).collect();
        let wishes: Vec<_> = found.subs.iter().map(|sub| sub.key).collect();
        with_letters(&mut subs, &wishes, "");
        entries.extend(subs);
        let title = format!("Kind of error › {}", found.named.shown());
        ChooseModel { title, entries, hint: KEYS.into(), ..ChooseModel::default() }
    }

    /// How bad the error is, by digits; none before there is one.
    fn severities(&self) -> Vec<ChooseEntry> {
        let Some(present) = self.error() else { return Vec::new() };
        let digits = '1'..='9';
        let entries = self.schema.severities.iter().zip(digits).map(|(named, digit)| {
            let said = present.severity.as_ref() == Some(&named.id);
            let severity = (!said).then(|| named.id.clone());
            let label = Label::Error(ErrorLabel { severity, ..present.clone() });
            ChooseEntry::new(named.shown(), &named.hint, Choice::Give(label)).key(digit).said(said)
        });
        entries.collect()
    }

    fn severity(&self) -> ChooseModel {
        let hint = "A digit says how bad it is; any other key goes on";
        let entries = self.severities();
        ChooseModel { title: "How bad".into(), entries, hint: hint.into(), passes: true, ..ChooseModel::default() }
    }

    fn step_page(&self) -> ChooseModel {
        let has_solution = !self.reference_lines().is_empty();
        let page = |title: &str, hint: &str, page: Page| ChooseEntry::new(title, hint, Choice::Open(page));
        let missing = if self.labels.has(LabelKind::Missing) {
            let choice = Choice::Take(LabelKey::only(LabelKind::Missing));
            ChooseEntry::new("Step missing before", "Again to take it away", choice).said(true)
        } else {
            let hint = "A step is missing before this one; what it would say, if you like";
            ChooseEntry::new("Missing step before…", hint, Choice::Write(About::Missing))
        };
        let has = |kind| self.labels.has(kind);
        let linked = |relation| {
            self.labels
                .of_kind(LabelKind::Link)
                .any(|label| matches!(label, Label::Link(link) if link.relation == relation))
        };
        let built_in = [
            (LabelKind::Redundant, "redundant", self.toggled("Redundant", "Right, and adds nothing", Label::Redundant)),
            (
                LabelKind::Corrected,
                "corrected later",
                page("Corrected later…", "Wrong, and put right further on", Page::Later)
                    .said(has(LabelKind::Corrected)),
            ),
            (LabelKind::Missing, "missing", missing),
            (
                LabelKind::Soft,
                "soft value",
                page("Soft value…", "How likely the step is right", Page::Soft).said(has(LabelKind::Soft)),
            ),
            (LabelKind::Unsafe, "unsafe", self.toggled("Unsafe", "Unsafe, apart from being right", Label::Unsafe)),
            (LabelKind::Masked, "kept out", self.toggled("Keep out of training", "A mask for the loss", Label::Masked)),
            (
                LabelKind::Tag,
                "tags",
                page("Tags…", "Words of the project, or your own", Page::Tags).said(has(LabelKind::Tag)),
            ),
            (
                LabelKind::Link,
                "premise",
                page("Premises…", "Earlier steps that it follows from", Page::Link(Relation::Premise))
                    .said(linked(Relation::Premise)),
            ),
            (
                LabelKind::Link,
                "evidence",
                page("Evidence…", "Earlier steps that show it", Page::Link(Relation::Evidence))
                    .said(linked(Relation::Evidence)),
            ),
            (
                LabelKind::Link,
                "in the reference",
                page(
                    "In the reference…",
                    "Steps of the reference solution that it corresponds to",
                    Page::Link(Relation::Reference),
                )
                .said(linked(Relation::Reference)),
            ),
            (
                LabelKind::Span,
                "words",
                page("Words…", "Mark words in the step", Page::Words).said(has(LabelKind::Span)),
            ),
        ];
        let built_in = built_in
            .into_iter()
            .filter(|(_, _, entry)| has_solution || entry.choice != Choice::Open(Page::Link(Relation::Reference)));
        self.more("More about the step", built_in.collect(), Scope::Step)
    }

    fn trace_page(&self) -> ChooseModel {
        let outcome = |outcome| Label::Outcome(outcome);
        let has = |kind| self.labels.has(kind);
        let built_in = vec![
            (
                LabelKind::Outcome,
                "right",
                self.toggled("Right answer", "In your eyes, whatever the data says", outcome(OutcomeLabel::Right)),
            ),
            (
                LabelKind::Outcome,
                "wrong",
                self.toggled("Wrong answer", "In your eyes, whatever the data says", outcome(OutcomeLabel::Wrong)),
            ),
            (
                LabelKind::Outcome,
                "unsure",
                self.toggled("Unsure of the answer", "You looked and could not decide", outcome(OutcomeLabel::Unsure)),
            ),
            (
                LabelKind::Tag,
                "tags",
                ChooseEntry::new("Tags…", "Words of the project, or your own", Choice::Open(Page::Tags))
                    .said(has(LabelKind::Tag)),
            ),
            (
                LabelKind::Reason,
                "because",
                ChooseEntry::new("Because…", "Why it was skipped, given up or flagged", Choice::Write(About::Reason))
                    .said(has(LabelKind::Reason)),
            ),
        ];
        self.more("More about the trace", built_in, Scope::Trace)
    }

    /// What is offered of the usual entries, in the order of the schema, then its scales.
    fn more(&self, title: &str, built_in: Vec<(LabelKind, &str, ChooseEntry)>, scope: Scope) -> ChooseModel {
        let mut offered: Vec<_> = built_in.into_iter().filter(|(kind, ..)| self.schema.offers(*kind)).collect();
        offered.sort_by_key(|(kind, ..)| self.schema.offers.iter().position(|offer| offer == kind));
        let mut wishes: Vec<(Option<char>, &str)> = offered.iter().map(|(_, word, _)| (None, *word)).collect();
        let mut entries: Vec<_> = offered.into_iter().map(|(.., entry)| entry).collect();
        let scales = self.schema.dimensions.iter().filter(|scale| scale.scope == scope);
        for scale in scales.filter(|_| self.schema.offers(LabelKind::Rated)) {
            let value = self.rated(&scale.named.id).map(|value| format!(" ({})", number(value))).unwrap_or_default();
            let (title, page) = (format!("{}{value}…", scale.named.shown()), Page::Scale(scale.named.id.clone()));
            wishes.push((scale.named.key, scale.named.shown()));
            entries.push(ChooseEntry::new(title, &scale.named.hint, Choice::Open(page)).said(!value.is_empty()));
        }
        for (entry, key) in entries.iter_mut().zip(letters(wishes, "")) {
            entry.key = key;
        }
        ChooseModel { title: title.into(), entries, hint: KEYS.into(), ..ChooseModel::default() }
    }

    fn rated(&self, dimension: &str) -> Option<f64> {
        match self.labels.get(&LabelKey::of(LabelKind::Rated, dimension)) {
            Some(Label::Rated(rated)) => Some(rated.value),
            _ => None,
        }
    }

    fn soft(&self) -> ChooseModel {
        let range = Dimension::default();
        let mut entries = self.quick_values(&range, "The step is right with this probability", Label::Soft);
        entries.push(ChooseEntry::new("Another value…", "Any number from 0 to 1", Choice::Write(About::Soft)).key('0'));
        ChooseModel { title: "Soft value".into(), entries, hint: KEYS.into(), ..ChooseModel::default() }
    }

    /// Tenths of a range by the digits, the end of it by F. 0 begins a number that is typed: who types 0.7 means that.
    fn quick_values(&self, range: &Dimension, hint: &str, label: impl Fn(f64) -> Label) -> Vec<ChooseEntry> {
        let width = range.to - range.from;
        let keys = ('0'..='9').zip(0_u8..).chain([('f', 10)]);
        let mut entries: Vec<ChooseEntry> = Vec::new();
        for (key, tenth) in keys {
            let value = match f64::from(tenth) {
                10.0 => range.to,
                tenth if range.step > 0.0 => range.from + (width * tenth / 10.0 / range.step).round() * range.step,
                // Rounded, so that three tenths are 0.3 and not a little more.
                tenth => ((range.from + width * tenth / 10.0) * 1e9).round() / 1e9,
            };
            let entry = self.toggled(number(value), hint, label(value));
            entries.push(if key == '0' { entry } else { entry.key(key) });
        }
        entries
    }

    fn scale(&self, id: &str) -> Option<ChooseModel> {
        let scale = self.schema.dimension(id)?;
        let label = |value| Label::Rated(Rated { dimension: id.to_owned(), value });
        let values = scale.values();
        let hint = &scale.named.hint;
        let entries = if (2..=10).contains(&values.len()) {
            // Where the values are digits themselves, they are their own keys.
            let is_digit = |value: f64| value.fract() == 0.0 && (0.0..=9.0).contains(&value);
            let own = is_digit(scale.from) && is_digit(scale.to) && (scale.step - 1.0).abs() < 1e-9;
            let first = if own { digit(scale.from) } else { 1 };
            let entries = values.iter().zip(first..).map(|(&value, key)| {
                let level = scale.level(value).map(|level| format!("  {level}")).unwrap_or_default();
                let entry = self.toggled(format!("{}{level}", number(value)), hint, label(value));
                // The tenth of ten values has the key 0.
                ChooseEntry { key: char::from_digit(key % 10, 10), ..entry }
            });
            entries.collect()
        } else {
            let mut entries = self.quick_values(scale, hint, label);
            let words = format!("Any number from {} to {}", number(scale.from), number(scale.to));
            let write = Choice::Write(About::Scale(id.to_owned()));
            entries.push(ChooseEntry::new("Another value…", words, write).key('0'));
            entries
        };
        let title = scale.named.shown().to_owned();
        Some(ChooseModel { title, entries, hint: KEYS.into(), ..ChooseModel::default() })
    }

    fn tags(&self) -> ChooseModel {
        let mut wishes: Vec<_> = self.schema.tags.iter().map(|named| named.key).collect();
        let tags = self.schema.tags.iter();
        let mut entries: Vec<_> =
            tags.map(|named| self.toggled(named.shown(), &named.hint, Label::Tag(named.id.clone()))).collect();
        wishes.push(None);
        entries.push(ChooseEntry::new("Own tag…", "Type a word", Choice::Write(About::OwnTag)));
        for label in self.labels.of_kind(LabelKind::Tag) {
            if let Label::Tag(tag) = label
                && self.schema.tags.iter().all(|named| named.id != *tag)
            {
                wishes.push(None);
                entries.push(self.toggled(tag, "A tag of your own", label.clone()));
            }
        }
        with_letters(&mut entries, &wishes, "");
        ChooseModel { title: "Tags".into(), entries, hint: KEYS.into(), ..ChooseModel::default() }
    }

    /// The steps of the path before or after the selected one.
    fn steps(&self, later: bool) -> impl Iterator<Item = (usize, &Step)> {
        let here = self.open.at;
        let path = self.open.path.iter().enumerate();
        path.filter(move |(at, _)| if later { *at > here } else { *at < here })
            .filter_map(|(at, &step)| Some((at + 1, self.open.trace.step(step)?)))
    }

    fn later(&self) -> ChooseModel {
        let items = self.steps(true).map(|(number, step)| {
            let label = Label::Corrected(Some(step.hash.clone()));
            ChooseEntry { number: Some(number), ..self.toggled(one_line(&step.text, MOST), "", label) }
        });
        let hint = "You cannot say by which step";
        let unknown = self.toggled("Later, unknown where", hint, Label::Corrected(None)).key('u');
        ChooseModel {
            title: "Put right by which step".into(),
            items: items.collect(),
            entries: vec![unknown],
            hint: PICK.into(),
            ..ChooseModel::default()
        }
    }

    fn links(&self, relation: Relation) -> ChooseModel {
        let link = |to: String| Label::Link(Link { relation, to });
        let (title, items): (&str, Vec<ChooseEntry>) = match relation {
            Relation::Reference => {
                let lines = self.reference_lines();
                let items = (1..).zip(lines).map(|(number, line)| ChooseEntry {
                    number: Some(number),
                    ..self.toggled(one_line(line, MOST), "", link(number.to_string()))
                });
                ("Which step of the reference solution", items.collect())
            }
            Relation::Premise | Relation::Evidence => {
                let items = self.steps(false).map(|(number, step)| ChooseEntry {
                    number: Some(number),
                    ..self.toggled(one_line(&step.text, MOST), "", link(step.hash.as_str().to_owned()))
                });
                let title =
                    if relation == Relation::Premise { "It rests on which step" } else { "Which step shows it" };
                (title, items.collect())
            }
        };
        let hint = if items.is_empty() { "No step stands before this one" } else { PICK };
        // Often there are several.
        let items = items.into_iter().map(|item| item.then(Then::Stay)).collect();
        ChooseModel { title: title.into(), items, hint: hint.into(), ..ChooseModel::default() }
    }

    fn reference_lines(&self) -> Vec<&str> {
        let solution = self.open.trace.problem.solution.as_deref().unwrap_or_default();
        solution.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }

    fn words(&self) -> ChooseModel {
        let text = self.step.map(|step| step.text.as_str()).unwrap_or_default();
        let all = words(text);
        let (from, to) = self.choose.words;
        let (from, to) = (from.min(to), from.max(to));
        let span = all.get(from).zip(all.get(to)).map(|(first, last)| (first.0, last.1));
        let title = "Mark words".to_owned();
        let hint = "Arrows move, Shift+arrows take more words, Enter marks, a letter marks and says why";
        let Some((start, end)) = span else {
            return ChooseModel { title, hint: hint.into(), ..ChooseModel::default() };
        };
        let mark = |says: &str| Label::Span(Span { start, end, says: says.to_owned() });
        let mut entries = vec![self.toggled("Mark", "Without saying why", mark(""))];
        let errors = self.schema.errors.iter().map(|kind| &kind.named);
        let named: Vec<_> = errors.chain(&self.schema.tags).collect();
        let mut reasons: Vec<_> =
            named.iter().map(|named| self.toggled(named.shown(), &named.hint, mark(&named.id))).collect();
        let wishes: Vec<_> = named.iter().map(|named| named.key).collect();
        with_letters(&mut reasons, &wishes, "");
        entries.extend(reasons);
        ChooseModel { title, entries, hint: hint.into(), span, ..ChooseModel::default() }
    }

    fn critiques(&self, found: &[Critique]) -> ChooseModel {
        // What was said of a critique is said of its words then, also where it is gone or says something else by now.
        let mut all: Vec<Critique> = self
            .labels
            .of_kind(LabelKind::Critique)
            .filter_map(|label| if let Label::Critique(critique) = label { Some(critique.clone()) } else { None })
            .collect();
        let new = found.iter().filter(|critique| all.iter().all(|known| known.by != critique.by));
        let new: Vec<_> = new.cloned().collect();
        all.extend(new);
        all.sort_by(|a, b| a.by.cmp(&b.by));
        let at = self.choose.at.min(all.len().saturating_sub(1));
        let items = all.iter().map(|critique| {
            let who = if critique.by.is_empty() { "your own" } else { author(&critique.by) };
            let rating = critique.rating.map(|rating| format!(" {}", rating_text(rating).0)).unwrap_or_default();
            let accepted = if critique.accepted { " ✔ accepted" } else { "" };
            let title = format!("{who}{rating}{accepted}  {}", one_line(&critique.text, MOST));
            ChooseEntry::new(title, &critique.text, accept(critique)).then(Then::Stay).said(critique.accepted)
        });
        let items: Vec<_> = items.collect();
        let mut entries = Vec::new();
        if let Some(critique) = all.get(at) {
            for (key, rating) in ('1'..).zip(StepRating::ALL) {
                let said = critique.rating == Some(rating);
                let judged = Critique { rating: (!said).then_some(rating), ..critique.clone() };
                entries.push(
                    ChooseEntry::new(rating_text(rating).0, "How good the critique is", given(judged))
                        .key(key)
                        .said(said)
                        .then(Then::Stay),
                );
            }
            let hint = "You stand by these words; again to take that away";
            entries.push(ChooseEntry::new("Accept", hint, accept(critique)).key('a').said(critique.accepted));
            let hint = "Change the words; it stays known whose they were";
            entries.push(ChooseEntry::new("Edit…", hint, Choice::Write(About::Critique(critique.clone()))).key('e'));
        }
        let own = all.iter().find(|critique| critique.by.is_empty()).cloned().unwrap_or_default();
        let write = Choice::Write(About::Critique(Critique { accepted: true, ..own }));
        entries.push(ChooseEntry::new("Write your own…", "What is wrong with the step, or right", write).key('w'));
        let hint = if items.is_empty() { "Nobody has written of this step. W writes" } else { PICK_ONE };
        ChooseModel { title: "Critiques".into(), items, entries, hint: hint.into(), ..ChooseModel::default() }
    }
}

const KEYS: &str = "Again to take away · Shift stays here · Backspace back · Escape closes";
const PICK: &str = "J and K or a number, Enter chooses · Again to take away · Escape closes";
const PICK_ONE: &str = "J and K choose a critique · Escape closes";

fn accept(critique: &Critique) -> Choice {
    given(Critique { accepted: !critique.accepted, ..critique.clone() })
}

/// Keeps what was made of a critique; of another's words of which nothing is said any more, nothing.
fn given(critique: Critique) -> Choice {
    if critique.rating.is_none() && !critique.accepted && !critique.by.is_empty() {
        return Choice::Take(Label::Critique(critique).key());
    }
    Choice::Give(Label::Critique(critique))
}

fn with_letters(entries: &mut [ChooseEntry], wishes: &[Option<char>], taken: &str) {
    let wishes = wishes.iter().copied().chain(std::iter::repeat(None));
    let keys = letters(wishes.zip(entries.iter().map(|entry| entry.title.as_str())), taken);
    for (entry, key) in entries.iter_mut().zip(keys) {
        entry.key = key;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 to 9")]
fn digit(value: f64) -> u32 {
    value as u32
}

/// Words of others on the selected step: from the data, and of judges.
fn found_critiques(open: &OpenTrace, scores: &[ScoreSeries], show_imported: bool) -> Vec<Critique> {
    let Some(here) = open.selected() else { return Vec::new() };
    let mut found: Vec<Critique> = Vec::new();
    let mut add = |by: String, text: &str| {
        if text.trim().is_empty() || found.iter().any(|known| known.text == text) {
            return;
        }
        // Of one source there may be several.
        let same = found.iter().filter(|known| known.by == by || known.by.starts_with(&format!("{by} #"))).count();
        let by = if same == 0 { by } else { format!("{by} #{}", same + 1) };
        found.push(Critique { by, text: text.trim().to_owned(), rating: None, accepted: false });
    };
    let of_step = |label: &&ImportedLabel| show_imported && label.step == Some(here);
    for label in open.trace.labels.iter().filter(of_step) {
        add(format!("imported:{}", label.source), label.rationale.as_deref().unwrap_or_default());
    }
    for series in scores.iter().filter(|series| show_imported || !series.imported) {
        let note = series.details.get(&here).and_then(|detail| detail.note.as_deref());
        add(format!("scorer:{}", series.name), note.unwrap_or_default());
    }
    found
}
