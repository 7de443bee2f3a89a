//! Labels beside rating, first error and status: kinds of errors, scales, tags, critiques, links, marked words.

use stepscope_core::annotation::{Change, LabelSchema, Labels, StepAnnotation, Target, TraceAnnotation};
use stepscope_core::model::{Critique, ErrorLabel, Label, LabelKey, LabelKind, Rated, TraceStatus};

use super::annotate::{commit, step_ref};
use super::navigate;
use crate::app::App;
use crate::command::Command;
use crate::state::choose::{Choose, ChooseKey, ChooseRequest, Page, words};
use crate::state::{About, NoteDraft};
use crate::view_model::choose::{Choice, ChooseEntry, ChooseModel, Then};
use crate::view_model::labels::number;

/// The title of the notice of a text that was typed and not said.
const NOT_SAID: &str = "Not said";

/// How many words the arrows up and down move by.
const LINE_OF_WORDS: isize = 8;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::ErrorType => open(app, Page::Errors, LabelKind::Error),
        Command::StepLabels => open_page(app, Page::Step),
        Command::TraceLabels => open_page(app, Page::Trace),
        Command::Critique => open(app, Page::Critiques, LabelKind::Critique),
        Command::GiveUp => {
            if let Some(trace) = app.view.open.as_ref().map(|open| open.trace.id.clone()) {
                write(app, Target::Trace(trace), About::GiveUp);
            }
        }
        _ => {}
    }
}

fn open(app: &mut App, page: Page, kind: LabelKind) {
    if app.project.as_ref().is_some_and(|project| project.schema.offers(kind)) {
        open_page(app, page);
    } else {
        let detail = app.keys.fill("{work.schema} shows what annotators are asked for");
        app.notices.info("This project does not ask for that", detail);
    }
}

fn open_page(app: &mut App, page: Page) {
    let target = if page == Page::Trace {
        app.view.open.as_ref().map(|open| Target::Trace(open.trace.id.clone()))
    } else {
        step_ref(app).map(Target::Step)
    };
    app.view.choose = target.map(|target| Choose::new(target, page));
    // The chooser takes room from the text: what is labelled stays in sight.
    app.view.scroll_to_step = app.view.choose.is_some();
}

impl App {
    /// What the chooser shows; `None` where it is closed, or what it labels is no longer shown.
    pub(crate) fn choose_model(&self) -> Option<ChooseModel> {
        let (choose, open, project) = (self.view.choose.as_ref()?, self.view.open.as_ref()?, self.project.as_ref()?);
        let said = project.said(&open.trace.id);
        ChooseModel::new(choose, open, said, &project.schema, &self.visible_series(), self.shows_imported())
    }

    /// True where the chooser takes that key, so that no command does.
    pub(crate) fn chooser_takes(&self, key: ChooseKey) -> bool {
        let Some(model) = self.choose_model() else { return false };
        match key {
            ChooseKey::Char(letter) => !model.passes || model.entry(letter).is_some(),
            ChooseKey::Enter | ChooseKey::Up | ChooseKey::Down | ChooseKey::Left | ChooseKey::Right => !model.passes,
            ChooseKey::Back | ChooseKey::Escape => true,
        }
    }
}

/// Closes a chooser whose trace or step is no longer the selected one.
pub(super) fn tidy(app: &mut App) {
    if app.view.choose.is_some() && app.choose_model().is_none() {
        app.view.choose = None;
    }
}

pub(super) fn choose(app: &mut App, request: ChooseRequest) {
    match request {
        ChooseRequest::Take(target, key) => {
            commit(app, vec![Change::Take { target, key }]);
        }
        ChooseRequest::Close => {
            app.view.choose = None;
            drop_text(app);
        }
        ChooseRequest::Back => back(app),
        ChooseRequest::Pick(position) => {
            let Some(model) = app.choose_model() else { return };
            if let Some(entry) = model.items.iter().chain(&model.entries).nth(position) {
                perform(app, entry, false);
            }
        }
        ChooseRequest::Key(key, shift) => take_key(app, key, shift),
    }
}

fn back(app: &mut App) {
    if app.view.choose.as_mut().is_some_and(|choose| !choose.close_page()) {
        app.view.choose = None;
    }
}

fn take_key(app: &mut App, key: ChooseKey, shift: bool) {
    let Some(model) = app.choose_model() else { return };
    let Some(choose) = &mut app.view.choose else { return };
    let in_words = choose.page == Page::Words;
    match key {
        ChooseKey::Escape => app.view.choose = None,
        ChooseKey::Back if !choose.typed.is_empty() => choose.typed.clear(),
        ChooseKey::Back => back(app),
        ChooseKey::Up if in_words => move_words(app, -LINE_OF_WORDS, shift),
        ChooseKey::Down if in_words => move_words(app, LINE_OF_WORDS, shift),
        ChooseKey::Left if in_words => move_words(app, -1, shift),
        ChooseKey::Right if in_words => move_words(app, 1, shift),
        ChooseKey::Up | ChooseKey::Left => choose.at = model.at.saturating_sub(1),
        ChooseKey::Down | ChooseKey::Right => choose.at = model.at + 1,
        ChooseKey::Enter => {
            let typed = std::mem::take(&mut choose.typed).parse().ok();
            let by_number = typed.and_then(|typed| model.items.iter().find(|item| item.number == Some(typed)));
            if let Some(entry) = by_number.or_else(|| model.picked()) {
                perform(app, entry, shift);
            }
        }
        ChooseKey::Char(letter) => match model.entry(letter) {
            Some(entry) => perform(app, entry, shift),
            None if model.items.is_empty() => {}
            None if letter == 'j' => choose.at = model.at + 1,
            None if letter == 'k' => choose.at = model.at.saturating_sub(1),
            None => type_number(app, &model, letter, shift),
        },
    }
}

/// A number is taken as soon as no longer one is possible.
fn type_number(app: &mut App, model: &ChooseModel, digit: char, shift: bool) {
    let Some(choose) = app.view.choose.as_mut().filter(|_| digit.is_ascii_digit()) else { return };
    choose.typed.push(digit);
    let numbers = || model.items.iter().filter_map(|item| item.number).map(|number| number.to_string());
    if !numbers().any(|number| number.starts_with(&choose.typed)) {
        choose.typed = digit.to_string();
    }
    if let Some(at) = numbers().position(|number| number == choose.typed) {
        choose.at = at;
        let may_go_on = numbers().any(|number| number.len() > choose.typed.len() && number.starts_with(&choose.typed));
        if !may_go_on && let Some(entry) = model.items.get(at) {
            choose.typed.clear();
            perform(app, entry, shift);
        }
    }
}

fn move_words(app: &mut App, by: isize, extend: bool) {
    let count = app.view.open.as_ref().and_then(|open| open.step()).map_or(0, |step| words(&step.text).len());
    let Some(choose) = &mut app.view.choose else { return };
    let to = choose.words.1.saturating_add_signed(by).min(count.saturating_sub(1));
    choose.words = (if extend { choose.words.0 } else { to }, to);
}

fn perform(app: &mut App, entry: &ChooseEntry, stay: bool) {
    let Some(choose) = &mut app.view.choose else { return };
    let target = choose.target.clone();
    let change = match entry.choice.clone() {
        Choice::Open(page) => return choose.open(page),
        Choice::Write(about) => return write(app, target, about),
        Choice::Give(label) => Change::Give { target, label },
        Choice::Take(key) => Change::Take { target, key },
    };
    commit(app, vec![change]);
    match &entry.then {
        Then::Stay => {}
        _ if stay => {}
        Then::Close => app.view.choose = None,
        Then::Open(page) => {
            if let Some(choose) = &mut app.view.choose {
                choose.open(page.clone());
            }
        }
    }
}

/// Begins to write a text.
fn write(app: &mut App, target: Target, about: About) {
    let text = text_before(&about, &labels(app, &target).cloned().unwrap_or_default());
    app.view.choose = None;
    app.view.note = Some(NoteDraft { about, target, text, focus: true });
}

/// The text that stands in the field at first.
fn text_before(about: &About, present: &Labels) -> String {
    let only = |kind| present.only(kind);
    match about {
        About::Critique(critique) => critique.text.clone(),
        About::Missing => match only(LabelKind::Missing) {
            Some(Label::Missing(text)) => text.clone(),
            _ => String::new(),
        },
        About::Reason | About::GiveUp => match only(LabelKind::Reason) {
            Some(Label::Reason(reason)) => reason.clone(),
            _ => String::new(),
        },
        About::Soft => match only(LabelKind::Soft) {
            Some(Label::Soft(value)) => number(*value),
            _ => String::new(),
        },
        About::Note | About::OwnError | About::OwnTag | About::Scale(_) => String::new(),
    }
}

fn labels<'a>(app: &'a App, target: &Target) -> Option<&'a Labels> {
    let said: Option<&TraceAnnotation> = app.project.as_ref()?.said(target.trace());
    match target {
        Target::Trace(_) => said.map(|said| &said.labels),
        Target::Step(step) => said?.steps.get(&step.step).map(|said: &StepAnnotation| &said.labels),
    }
}

pub(super) fn edit_text(app: &mut App, text: String) {
    if let Some(note) = &mut app.view.note {
        note.text = text;
    }
}

/// Says what was written. `entered` where it was asked for outright, not only left.
pub(super) fn commit_text(app: &mut App, draft: NoteDraft, entered: bool) {
    let Some(schema) = app.project.as_ref().map(|project| project.schema.clone()) else { return };
    let present = labels(app, &draft.target).cloned().unwrap_or_default();
    if !entered {
        return leave_text(app, draft, &present);
    }
    match changes_of(&draft, &present, &schema) {
        Ok(changes) => {
            if !changes.is_empty() {
                commit(app, changes);
            }
            if draft.about == About::GiveUp {
                navigate::show_next_unlabelled(app);
            }
        }
        Err(reason) => {
            app.notices.warning("Not labelled", reason);
            app.view.note = Some(NoteDraft { focus: true, ..draft });
        }
    }
}

/// Keeps a text that was left in the middle where it is only words. Nothing else is said by moving on.
fn leave_text(app: &mut App, draft: NoteDraft, present: &Labels) {
    let Some(text) = new_text(&draft, present) else { return };
    let label = words_of(&draft.about, &text, present);
    let said = label.is_some_and(|label| commit(app, vec![Change::Give { target: draft.target, label }]));
    if !said {
        app.notices.warning(NOT_SAID, text);
    }
}

/// Drops the text that is being written, and tells what it was. A note is kept.
fn drop_text(app: &mut App) {
    let Some(draft) = app.view.note.take_if(|draft| draft.about != About::Note) else { return };
    if let Some(text) = new_text(&draft, &labels(app, &draft.target).cloned().unwrap_or_default()) {
        app.notices.info(NOT_SAID, text);
    }
}

/// What would be lost with the draft; `None` where nothing was typed.
fn new_text(draft: &NoteDraft, present: &Labels) -> Option<String> {
    let text = draft.text.trim();
    (!text.is_empty() && text != text_before(&draft.about, present).trim()).then(|| text.to_owned())
}

/// The label of a text on which no judgement hangs; `None` where one would be said with it.
fn words_of(about: &About, text: &str, present: &Labels) -> Option<Label> {
    match about {
        About::Missing => Some(Label::Missing(text.to_owned())),
        About::Reason => Some(Label::Reason(text.to_owned())),
        About::Critique(before) if before.by.is_empty() => {
            let own = Critique { text: text.to_owned(), accepted: false, ..before.clone() };
            // Words that the annotator stands by stay until others are entered.
            let accepted = |label: &Label| matches!(label, Label::Critique(critique) if critique.accepted);
            let label = Label::Critique(own);
            (!present.get(&label.key()).is_some_and(accepted)).then_some(label)
        }
        _ => None,
    }
}

/// What a text that was entered says. The error says why it says nothing.
fn changes_of(draft: &NoteDraft, present: &Labels, schema: &LabelSchema) -> Result<Vec<Change>, String> {
    let target = &draft.target;
    let text = draft.text.trim().to_owned();
    let give = |label| Ok(vec![Change::Give { target: target.clone(), label }]);
    let take = |key: LabelKey| Change::Take { target: target.clone(), key };
    let nothing = || Ok(Vec::new());
    match &draft.about {
        About::Note => Ok(vec![Change::WriteNote { target: target.clone(), text: draft.text.clone() }]),
        About::Missing => give(Label::Missing(text)),
        About::OwnError | About::OwnTag | About::Soft | About::Scale(_) if text.is_empty() => nothing(),
        About::OwnError => {
            // Whoever types the name of a known kind means that kind.
            let known = schema.errors.iter().find(|kind| is_named(&text, &kind.named.id, &kind.named.title));
            let kind = known.map_or(text, |kind| kind.named.id.clone());
            give(Label::Error(ErrorLabel { kind, ..ErrorLabel::default() }))
        }
        About::OwnTag => {
            let known = schema.tags.iter().find(|named| is_named(&text, &named.id, &named.title));
            give(Label::Tag(known.map_or(text, |named| named.id.clone())))
        }
        About::Soft => give(Label::Soft(number_in(&text, 0.0, 1.0)?)),
        About::Scale(id) => {
            let scale = schema.dimension(id).ok_or("The project no longer has that scale")?;
            let value = number_in(&text, scale.from, scale.to)?;
            give(Label::Rated(Rated { dimension: id.clone(), value }))
        }
        About::Critique(before) if text.is_empty() => {
            let key = Label::Critique(before.clone()).key();
            Ok(present.get(&key).map(|_| take(key.clone())).into_iter().collect())
        }
        About::Critique(before) => give(Label::Critique(Critique { text, accepted: true, ..before.clone() })),
        About::Reason if text.is_empty() => {
            Ok(present.has(LabelKind::Reason).then(|| take(LabelKey::only(LabelKind::Reason))).into_iter().collect())
        }
        About::Reason => give(Label::Reason(text)),
        About::GiveUp => {
            let before = match present.only(LabelKind::Reason) {
                Some(Label::Reason(reason)) => reason.as_str(),
                _ => "",
            };
            let status = Change::SetStatus { trace: target.trace().clone(), status: TraceStatus::GivenUp };
            let reason = match (text.is_empty(), before.is_empty()) {
                (true, true) => None,
                (true, false) => Some(take(LabelKey::only(LabelKind::Reason))),
                (false, _) => Some(Change::Give { target: target.clone(), label: Label::Reason(text) }),
            };
            Ok(std::iter::once(status).chain(reason).collect())
        }
    }
}

fn is_named(text: &str, id: &str, title: &str) -> bool {
    [id, title].iter().any(|name| name.to_lowercase() == text.to_lowercase())
}

/// A number as people write it, with a point or a comma.
fn number_in(text: &str, from: f64, to: f64) -> Result<f64, String> {
    let value = text.replace(',', ".").parse::<f64>().ok().filter(|value| (from..=to).contains(value));
    value.ok_or_else(|| format!("“{text}” is not a number from {} to {}", number(from), number(to)))
}
