//! Unites logs from elsewhere with those of a project, for `stepscope merge`.
//!
//! A file may hold the lines of several people; each goes to the log of who said it. Where one log is the beginning of
//! the other, the lines that are missing are appended byte for byte. Where both went on by themselves, as when somebody
//! labelled on two computers, what was said elsewhere is said again here, with its time and circumstances: of each
//! rating, mark, note or label the one that the other log does not know is taken, and where both were said anew, the
//! later one. So uniting the same logs again changes nothing. The lines themselves are kept beside the log then.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::change::Change;
use super::context::Context;
use super::disk::{Disk, RealDisk};
use super::error::AnnotationError;
use super::event::{Event, GestureId, LOG_VERSION, StepRef, Target};
use super::fact::{Fact, Place, Subject};
use super::line::{Parsed, read_line, read_record};
use super::load::{LineWarning, set_aside};
use super::log::{Access, AnnotationLog};
use super::name::LogPaths;
use super::place::{InMemory, OnDisk};
use super::replay::{Progress, Stop, replay};
use super::state::Annotations;
use crate::model::{AnnotatorId, Clock, Label, LabelKey, LabelKind, StepHash, Timestamp, TraceId, WrittenStep};

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UniteReport {
    /// What became of the lines of each annotator in it.
    pub united: Vec<United>,
    /// Lines that were left out, and what else is wrong with it. They stay in the file.
    pub warnings: Vec<LineWarning>,
}

/// What became of the lines of one annotator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct United {
    /// Who.
    pub annotator: AnnotatorId,
    /// Lines appended as they are.
    pub lines: u64,
    /// Labels said again, where both logs had gone on.
    pub labels: u64,
    /// What was said anew in both.
    pub conflicts: Vec<Conflict>,
    /// Where the lines of the other log are kept that could not be appended as they are.
    pub aside: Option<PathBuf>,
}

/// Something of which both logs say something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The trace.
    pub trace: TraceId,
    /// The step; `None` for the trace as a whole.
    pub step: Option<StepHash>,
    /// What: `rating`, `first error`, `status`, `note`, or the sort of label.
    pub what: String,
    /// True where the file says it later, so that its word was taken.
    pub taken: bool,
}

/// Takes what a log says into the logs in `folder`, which is made where there is none. The file itself is only read.
///
/// Fails where another window is labelling in the project under one of the names, and then changes nothing of that log.
pub fn unite(folder: &Path, file: &Path) -> Result<UniteReport, AnnotationError> {
    let bytes = fs::read(file).map_err(AnnotationError::io("read the annotation log", file))?;
    let mut report = UniteReport::default();
    for (annotator, lines) in by_annotator(&bytes, file, &mut report.warnings)? {
        let log = LogPaths::new(folder, &annotator)?.log();
        if let (Ok(file), Ok(log)) = (file.canonicalize(), log.canonicalize())
            && file == log
        {
            report.united.push(United::nothing(annotator));
            continue;
        }
        let united = unite_one(folder, file, &annotator, lines, &mut report.warnings)?;
        report.united.push(united);
    }
    report.warnings.sort_by_key(|warning| warning.line);
    Ok(report)
}

impl United {
    const fn nothing(annotator: AnnotatorId) -> Self {
        Self { annotator, lines: 0, labels: 0, conflicts: Vec::new(), aside: None }
    }
}

/// Lines of one annotator, with the number of each in its file.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    numbers: Vec<u64>,
}

fn by_annotator(
    bytes: &[u8],
    file: &Path,
    warnings: &mut Vec<LineWarning>,
) -> Result<BTreeMap<AnnotatorId, Lines>, AnnotationError> {
    let mut found: BTreeMap<AnnotatorId, Lines> = BTreeMap::new();
    for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let mut warn = |message: String| warnings.push(LineWarning { line: number, message });
        if !line.ends_with(b"\n") {
            warn("is cut short and was left out".into());
            continue;
        }
        match read_line(line) {
            Parsed::Line(read) => {
                let lines = found.entry(AnnotatorId::new(&*read.by)).or_default();
                lines.bytes.extend_from_slice(line);
                lines.numbers.push(number);
            }
            Parsed::Unreadable(message) => warn(message),
            Parsed::TooNew(version) => {
                let path = file.into();
                return Err(AnnotationError::TooNew { path, line: number, found: version, known: LOG_VERSION });
            }
        }
    }
    Ok(found)
}

fn unite_one(
    folder: &Path,
    file: &Path,
    annotator: &AnnotatorId,
    mut lines: Lines,
    warnings: &mut Vec<LineWarning>,
) -> Result<United, AnnotationError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let paths = LogPaths::new(folder, annotator)?;
    let clock = Arc::new(ToldTime(AtomicI64::new(0)));
    let (mut log, _) = AnnotationLog::open(folder, annotator, Arc::<ToldTime>::clone(&clock), Arc::new(|| {}))?;
    if let Access::ReadOnly { reason } = log.access() {
        return Err(AnnotationError::ReadOnly { reason: reason.clone() });
    }
    let theirs = Told::read(&mut lines, &disk, file, annotator, warnings)?;
    let path = paths.log();
    let own = fs::read(&path).map_err(AnnotationError::io("read the annotation log", &path))?;
    let mut united = United::nothing(annotator.clone());
    if own.starts_with(&lines.bytes) {
        return Ok(united);
    }
    if let Some(more) = lines.bytes.strip_prefix(own.as_slice()) {
        united.lines = memchr::memchr_iter(b'\n', more).count() as u64;
        log.append_lines(more)?;
        return Ok(united);
    }
    united.aside = keep(&*disk, &paths, &own, &lines.bytes)?;
    let own_touches = Touches::read(&own);
    let wishes = wishes(&theirs, &own_touches, log.annotations(), &mut united.conflicts);
    let (before, own_context) = (log.last_seq(), Context::default());
    for ((at, _), (context, changes)) in wishes {
        clock.0.store(at.0, Ordering::Relaxed);
        log.set_context(context);
        log.commit(changes)?;
    }
    log.set_context(own_context);
    united.labels = log.last_seq() - before;
    log.flush()?;
    Ok(united)
}

/// What the other log says, and when.
struct Told {
    state: Arc<Annotations>,
    touches: Touches,
}

impl Told {
    /// A gesture that is not all there at the end is cut off `lines`.
    fn read(
        lines: &mut Lines,
        disk: &Arc<dyn Disk>,
        file: &Path,
        annotator: &AnnotatorId,
        warnings: &mut Vec<LineWarning>,
    ) -> Result<Self, AnnotationError> {
        let before = OnDisk { disk: Arc::clone(disk), path: file.into() };
        let source = InMemory { start: 0, bytes: &lines.bytes, before: &before };
        let mut progress = Progress::default();
        let whole = match replay(&source, annotator, &mut progress) {
            Ok(whole) => whole,
            Err(Stop::TooNew { line, found }) => {
                return Err(AnnotationError::TooNew { path: file.into(), line, found, known: LOG_VERSION });
            }
            Err(Stop::NeedsAll) => return Err(AnnotationError::NotSaved("The log could not be read".into())),
        };
        let number = |line: u64| usize::try_from(line).ok().and_then(|line| lines.numbers.get(line.checked_sub(1)?));
        for LineWarning { line, message } in progress.report.warnings {
            warnings.push(LineWarning { line: number(line).copied().unwrap_or(line), message });
        }
        if let Some(whole) = whole {
            let line = number(progress.lines + 1).copied().unwrap_or_default();
            let message = "begins a gesture that is not all there and was left out".into();
            warnings.push(LineWarning { line, message });
            lines.bytes.truncate(usize::try_from(whole).unwrap_or(usize::MAX));
        }
        Ok(Self { state: progress.fold.state, touches: Touches::read(&lines.bytes) })
    }
}

/// When something was said of each subject, or taken back.
#[derive(Default)]
struct Touches {
    last: BTreeMap<Subject, (Timestamp, Context)>,
    all: HashSet<(Subject, i64)>,
}

impl Touches {
    fn read(bytes: &[u8]) -> Self {
        let mut touches = Self::default();
        let mut gestures: HashMap<GestureId, Vec<Subject>> = HashMap::new();
        for record in bytes.split_inclusive(|byte| *byte == b'\n').filter_map(read_record) {
            let subjects = match &record.event {
                Event::Undone { gesture } | Event::Redone { gesture } => {
                    gestures.get(gesture).cloned().unwrap_or_default()
                }
                event => {
                    let subjects: Vec<Subject> = event.after().as_ref().map(subject).into_iter().collect();
                    gestures.entry(record.gesture).or_default().extend(subjects.iter().cloned());
                    subjects
                }
            };
            for subject in subjects {
                touches.all.insert((subject.clone(), record.at.0));
                touches.last.insert(subject, (record.at, record.under.clone()));
            }
        }
        touches
    }

    fn has(&self, subject: &Subject, at: Timestamp) -> bool {
        self.all.contains(&(subject.clone(), at.0))
    }
}

fn subject(fact: &Fact<'_>) -> Subject {
    use super::fact::Value;
    let place = match &fact.value {
        Value::Rating(_) => Place::Rating,
        Value::FirstError(_) => Place::FirstError,
        Value::Status(_) => Place::Status,
        Value::Note(_) => Place::Note,
        Value::Label(key, _) => Place::Label(key.clone()),
    };
    Subject { trace: TraceId::new(&*fact.trace), step: fact.step.as_deref().map(StepHash::new), place }
}

/// What is to be said, in the order of time and together where it was said together.
type Wishes = BTreeMap<(Timestamp, TraceId), (Context, Vec<Change>)>;

fn wishes(theirs: &Told, own: &Touches, present: &Annotations, conflicts: &mut Vec<Conflict>) -> Wishes {
    let mut wishes = Wishes::new();
    let mut foreign: HashMap<TraceId, BTreeSet<StepHash>> = HashMap::new();
    for (subject, (at, context)) in &theirs.touches.last {
        let change = change(subject, &theirs.state);
        if own.has(subject, *at) || change.clone().into_event(present).is_none() {
            continue;
        }
        let is_new_in_both = own
            .last
            .get(subject)
            .filter(|(own_at, _)| !theirs.touches.has(subject, *own_at))
            .map(|(own_at, _)| *own_at);
        let others = foreign
            .entry(subject.trace.clone())
            .or_insert_with(|| foreign_steps(theirs.state.trace(&subject.trace), present.trace(&subject.trace)));
        // A label never moves to other words: what hangs on another step of the same name is left out.
        let is_foreign = hangs_on(&change, others);
        if is_new_in_both.is_some() || is_foreign {
            let taken = !is_foreign
                && is_new_in_both
                    .is_some_and(|own_at| (*at, order(&change)) > (own_at, order(&reverse(subject, present))));
            let (trace, step) = (subject.trace.clone(), subject.step.clone());
            conflicts.push(Conflict { trace, step, what: name(&subject.place), taken });
            if !taken {
                continue;
            }
        }
        let (_, changes) = wishes.entry((*at, subject.trace.clone())).or_insert_with(|| (context.clone(), Vec::new()));
        changes.push(change);
    }
    wishes
}

fn reverse(subject: &Subject, present: &Annotations) -> Change {
    change(subject, present)
}

/// Of what was said in the same millisecond, one and the same wins on every computer.
fn order(change: &Change) -> String {
    format!("{change:?}")
}

/// What makes another log say of the subject what this one says.
fn change(subject: &Subject, state: &Annotations) -> Change {
    let trace = subject.trace.clone();
    let target = match &subject.step {
        None => Target::Trace(trace.clone()),
        Some(step) => Target::Step(StepRef { trace: trace.clone(), step: step.clone() }),
    };
    let said = state.trace(&trace);
    match (&subject.place, &subject.step) {
        (Place::Rating, Some(step)) => {
            let rating = state.step(&trace, step).and_then(|said| said.rating);
            Change::RateStep { step: StepRef { trace, step: step.clone() }, rating }
        }
        (Place::Status, _) => Change::SetStatus { trace, status: said.map(|said| said.status).unwrap_or_default() },
        (Place::Note, _) => Change::WriteNote { text: state.note(&target).to_owned(), target },
        (Place::Label(key), _) => match state.label(&target, key) {
            Some(label) => Change::Give { target, label: label.clone() },
            None => Change::Take { target, key: key.clone() },
        },
        // Only steps are rated, so that what is left is of the trace.
        (Place::FirstError | Place::Rating, _) => {
            Change::MarkFirstError { trace, mark: said.and_then(|said| said.first_error.clone()) }
        }
    }
}

/// Steps that both wrote under one name with different words, and those that continue or correct them.
fn foreign_steps(
    theirs: Option<&super::state::TraceAnnotation>,
    own: Option<&super::state::TraceAnnotation>,
) -> BTreeSet<StepHash> {
    let written: Vec<&WrittenStep> = theirs
        .map(|said| said.labels.of_kind(LabelKind::Written))
        .into_iter()
        .flatten()
        .filter_map(|label| if let Label::Written(step) = label { Some(step) } else { None })
        .collect();
    let is_other = |step: &&&WrittenStep| own.and_then(|own| own.written(&step.id)).is_some_and(|own| own != **step);
    let mut foreign: BTreeSet<StepHash> = written.iter().filter(is_other).map(|step| step.id.clone()).collect();
    loop {
        let known = foreign.len();
        for step in &written {
            if [&step.parent, &step.replaces].into_iter().flatten().any(|on| foreign.contains(on)) {
                foreign.insert(step.id.clone());
            }
        }
        if foreign.len() == known {
            return foreign;
        }
    }
}

fn hangs_on(change: &Change, foreign: &BTreeSet<StepHash>) -> bool {
    use crate::model::FirstError::{At, NoneUpTo};
    let on = |step: &StepHash| foreign.contains(step);
    let of = |target: &Target| target.step().is_some_and(on);
    match change {
        Change::RateStep { step, .. } => on(&step.step),
        Change::MarkFirstError { mark: Some(At(step) | NoneUpTo(step)), .. } => on(step),
        Change::MarkFirstError { .. } | Change::SetStatus { .. } => false,
        Change::Give { target, label: Label::Written(step) } => of(target) || on(&step.id),
        Change::WriteNote { target, .. } | Change::Give { target, .. } => of(target),
        Change::Take { target, key } => {
            of(target) || foreign.iter().any(|step| *key == LabelKey::of(LabelKind::Written, step.as_str()))
        }
    }
}

fn name(place: &Place) -> String {
    match place {
        Place::Rating => "rating".into(),
        Place::FirstError => "first error".into(),
        Place::Status => "status".into(),
        Place::Note => "note".into(),
        Place::Label(key) => format!("{:?}", key.kind).to_lowercase(),
    }
}

/// Keeps the lines after those that both have, once.
fn keep(disk: &dyn Disk, paths: &LogPaths, own: &[u8], theirs: &[u8]) -> Result<Option<PathBuf>, AnnotationError> {
    let is_line = |byte: &u8| *byte == b'\n';
    let shared = own.iter().zip(theirs).take_while(|(own, theirs)| own == theirs).count();
    let start = theirs[..shared].iter().rposition(is_line).map_or(0, |newline| newline + 1);
    let rest = &theirs[start..];
    let kept = (1..=u32::MAX).map(|number| paths.united(number)).take_while(|file| file.exists());
    for file in kept {
        if fs::read(&file).is_ok_and(|bytes| bytes == rest) {
            return Ok(Some(file));
        }
    }
    set_aside(disk, "keep the lines of the other log", |number| paths.united(number), rest).map(Some)
}

/// Tells the time at which something was said elsewhere.
struct ToldTime(AtomicI64);

impl Clock for ToldTime {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}
