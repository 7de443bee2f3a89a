//! The scores of a project: one append-only file per scorer, keyed by step, so that they survive a re-import.
//!
//! The first line of `scores/<scorer>.jsonl` says who scored; every other line is `{"step": HASH, "score": NUMBER}`,
//! with `spread` and `note` where the scorer gives them.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::{ScorerInfo, ScoringError, StepScore};
use crate::model::StepHash;

const SCHEMA: &str = "stepscope.scores/1";

/// All computed scores of a project. A clone sees what any other adds.
#[derive(Clone, Default)]
pub struct ScoreBook {
    folder: PathBuf,
    scorers: Arc<RwLock<Vec<Page>>>,
    /// Files that were torn inside their header, and so hold nothing.
    headless: Arc<Vec<SharedFile>>,
    /// Changes whenever a score does.
    revision: Arc<AtomicU64>,
}

/// What opening found wrong. Everything else was loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookReport {
    /// Files whose last line was cut short, with the bytes lost. Cut off when the file is next written or repaired.
    pub torn: Vec<(PathBuf, u64)>,
    /// Lines and files that could not be read, in sentences for the user.
    pub warnings: Vec<String>,
}

struct Page {
    info: ScorerInfo,
    scores: HashMap<StepKey, Kept>,
    /// Has a lock of its own: readers must not wait for the disk.
    file: SharedFile,
}

type SharedFile = Arc<Mutex<PageFile>>;

struct PageFile {
    path: PathBuf,
    /// Set while the file ends in a part of a line.
    torn: Option<Torn>,
}

/// Where a part of a line begins that is to be cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Torn {
    /// Bytes in whole lines.
    whole: u64,
    /// Bytes in all when this was noticed; more mean that another process has written since.
    all: u64,
}

/// A score as it is held: most have a number only.
#[derive(Clone, PartialEq)]
struct Kept {
    value: f32,
    more: Option<Box<(Option<f32>, Option<String>)>>,
}

impl From<StepScore> for Kept {
    fn from(score: StepScore) -> Self {
        let StepScore { value, spread, note } = score;
        let more = (spread.is_some() || note.is_some()).then(|| Box::new((spread, note)));
        Self { value, more }
    }
}

impl From<&Kept> for StepScore {
    fn from(kept: &Kept) -> Self {
        let (spread, note) = kept.more.as_deref().cloned().unwrap_or_default();
        Self { value: kept.value, spread, note }
    }
}

/// A step hash in 16 bytes: millions of them are held.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct StepKey(u128);

impl From<&StepHash> for StepKey {
    fn from(hash: &StepHash) -> Self {
        Self::from(hash.as_str())
    }
}

impl From<&str> for StepKey {
    fn from(hash: &str) -> Self {
        let digits = u128::from_str_radix(hash, 16).ok().filter(|_| hash.len() == 32);
        Self(digits.unwrap_or_else(|| {
            let digest = blake3::hash(hash.as_bytes());
            digest.as_bytes().iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
        }))
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    schema: String,
    #[serde(rename = "scorer")]
    name: String,
    #[serde(flatten)]
    info: HeaderInfo,
}

#[derive(Serialize, Deserialize)]
struct HeaderInfo {
    fingerprint: String,
    kind: crate::model::ScoreKind,
    #[serde(default)]
    recipe: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    format: super::NumberFormat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drift: Option<f32>,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    step: std::borrow::Cow<'a, str>,
    score: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spread: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// No two books, and no two states of one, share a revision; that of a book never opened is 0.
fn next_revision() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl ScoreBook {
    /// Loads every file of the folder, which need not exist.
    pub fn open(folder: &Path) -> Result<(Self, BookReport), ScoringError> {
        let mut report = BookReport::default();
        let mut pages: Vec<Page> = Vec::new();
        let mut headless = Vec::new();
        for path in files(folder)? {
            let bytes = fs::read(&path).map_err(|e| ScoringError::io("read the scores", &path, e))?;
            let file = file_of(path, &bytes, &mut report);
            if is_torn_header(&bytes) {
                headless.push(Arc::new(Mutex::new(file)));
            } else if let Some(page) = read_page(file, &bytes, &mut report) {
                pages.push(page);
            }
        }
        pages.sort_by(|a, b| a.info.name.cmp(&b.info.name));
        let revision = Arc::new(AtomicU64::new(next_revision()));
        let scorers = Arc::new(RwLock::new(pages));
        let book = Self { folder: folder.into(), scorers, headless: Arc::new(headless), revision };
        Ok((book, report))
    }

    /// A number that is another one whenever a score has changed, in this book or from one book to another.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// Who gave scores, by name.
    pub fn scorers(&self) -> Vec<ScorerInfo> {
        self.read(|pages| pages.iter().map(|page| page.info.clone()).collect())
    }

    /// The score of a step.
    pub fn get(&self, scorer: &str, step: &StepHash) -> Option<f32> {
        self.read(|pages| pages.iter().find(|p| p.info.name == scorer)?.scores.get(&step.into()).map(|kept| kept.value))
    }

    /// The scores of many steps, by the text of their hashes; NaN where there is none.
    pub fn column<'a>(&self, scorer: &str, steps: impl Iterator<Item = Option<&'a str>>) -> Vec<f32> {
        self.read(|pages| {
            let page = pages.iter().find(|p| p.info.name == scorer);
            let score = |step: &str| page?.scores.get(&StepKey::from(step)).map(|kept| kept.value);
            steps.map(|step| step.and_then(score).unwrap_or(f32::NAN)).collect()
        })
    }

    /// The score of a step with its spread and note.
    pub fn full(&self, scorer: &str, step: &StepHash) -> Option<StepScore> {
        self.read(|pages| {
            let page = pages.iter().find(|p| p.info.name == scorer)?;
            page.scores.get(&step.into()).map(StepScore::from)
        })
    }

    /// How many steps that scorer scored.
    pub fn count(&self, scorer: &str) -> usize {
        self.read(|pages| pages.iter().find(|p| p.info.name == scorer).map_or(0, |p| p.scores.len()))
    }

    /// The name under which that scorer's scores are kept: an earlier one of the same content keeps its name; a new
    /// one whose name is taken gets a part of its fingerprint added. Nothing is written before the first score.
    pub fn adopt(&self, scorer: &ScorerInfo) -> String {
        let mut pages = self.scorers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = pages.iter().find(|p| p.info.fingerprint == scorer.fingerprint) {
            return page.info.name.clone();
        }
        let taken = |name: &str| {
            let file = file_name(name).to_lowercase();
            let another = pages.iter().any(|p| file_name(&p.info.name).to_lowercase() == file);
            let path = self.folder.join(file_name(name));
            // A file that was renamed, or could not be read, is not ours to write to; one that holds nothing is.
            let holds = fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file() || found.len() > 0);
            another || (holds && self.headless_at(&path).is_none())
        };
        let mut name = scorer.name.clone();
        let mut digits = 6;
        while taken(&name) && digits <= scorer.fingerprint.len() {
            name = format!("{}-{}", scorer.name, scorer.fingerprint.get(..digits).unwrap_or_default());
            digits += 2;
        }
        let path = self.folder.join(file_name(&name));
        let file = self.headless_at(&path).unwrap_or_else(|| Arc::new(Mutex::new(PageFile { path, torn: None })));
        let info = ScorerInfo { name: name.clone(), ..scorer.clone() };
        pages.push(Page { info, scores: HashMap::new(), file });
        pages.sort_by(|a, b| a.info.name.cmp(&b.info.name));
        self.revision.store(next_revision(), Ordering::Release);
        name
    }

    /// Adds scores of an adopted scorer, usually one trace at a time, and waits until they are on disk. A score that
    /// is there already is not written again; one that differs replaces the old.
    pub fn append(&self, scorer: &str, steps: &[(StepHash, StepScore)]) -> Result<(), ScoringError> {
        let page = self.read(|pages| {
            let page = pages.iter().find(|p| p.info.name == scorer)?;
            Some((page.info.clone(), Arc::clone(&page.file)))
        });
        let Some((info, file)) = page else {
            return Err(ScoringError::NotFound { what: format!("scorer {scorer:?}"), path: self.folder.clone() });
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let news = |(step, score): &&(StepHash, StepScore)| {
            score.value.is_finite() && self.full(scorer, step).as_ref() != Some(score)
        };
        let fresh: Vec<&(StepHash, StepScore)> = steps.iter().filter(news).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)
            .and_then(|()| file.write(&info, &fresh))
            .map_err(|e| ScoringError::io("write the scores", &file.path, e))?;
        let mut pages = self.scorers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = pages.iter_mut().find(|p| p.info.name == scorer) {
            page.scores.extend(fresh.into_iter().map(|(step, score)| (StepKey::from(step), score.clone().into())));
        }
        self.revision.store(next_revision(), Ordering::Release);
        Ok(())
    }

    /// Cuts off torn last lines now; gives the files that were mended.
    pub fn repair(&self) -> Result<Vec<PathBuf>, ScoringError> {
        let mut mended = Vec::new();
        let files: Vec<_> = self.read(|pages| pages.iter().map(|p| Arc::clone(&p.file)).collect());
        for file in files.iter().chain(self.headless.iter()) {
            let mut page = file.lock().unwrap_or_else(PoisonError::into_inner);
            if page.torn.is_some() {
                let open = OpenOptions::new().read(true).append(true).open(&page.path);
                open.and_then(|mut file| page.mend(&mut file))
                    .map_err(|e| ScoringError::io("mend the scores", &page.path, e))?;
                mended.push(page.path.clone());
            }
        }
        Ok(mended)
    }

    fn headless_at(&self, path: &Path) -> Option<SharedFile> {
        let at = |file: &&SharedFile| file.lock().unwrap_or_else(PoisonError::into_inner).path == path;
        self.headless.iter().find(at).map(Arc::clone)
    }

    fn read<T>(&self, look: impl FnOnce(&[Page]) -> T) -> T {
        look(&self.scorers.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl PageFile {
    fn write(&mut self, info: &ScorerInfo, scores: &[&(StepHash, StepScore)]) -> io::Result<()> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
        self.mend(&mut file)?;
        let before = file.metadata()?.len();
        let mut text = Vec::new();
        if before == 0 {
            serde_json::to_writer(&mut text, &Header::new(info))?;
            text.push(b'\n');
        }
        for (step, score) in scores {
            serde_json::to_writer(
                &mut text,
                &Line {
                    step: step.as_str().into(),
                    score: score.value,
                    spread: score.spread,
                    note: score.note.clone(),
                },
            )?;
            text.push(b'\n');
        }
        // One write, so that another process never sees, or adds to, half a line of ours.
        file.write_all(&text).and_then(|()| file.sync_data()).inspect_err(|_| self.take_back(&mut file, before, &text))
    }

    /// Cuts a write that failed off again. Where that fails too, the next write does it.
    fn take_back(&mut self, file: &mut File, before: u64, text: &[u8]) {
        // A length that no file has: until the part is known to be ours alone, it may only be ended, not cut.
        let mut all = u64::MAX;
        let mut cut = || -> io::Result<()> {
            let mut written = Vec::new();
            file.seek(SeekFrom::Start(before))?;
            file.read_to_end(&mut written)?;
            if !text.starts_with(&written) {
                return Err(io::Error::other("another process has written as well"));
            }
            all = before + written.len() as u64;
            file.set_len(before)
        };
        if cut().is_err() {
            self.torn = Some(Torn { whole: before, all });
        }
    }

    /// Cuts the torn end off, unless another process has written since; then it only ends the line.
    fn mend(&mut self, file: &mut File) -> io::Result<()> {
        let Some(Torn { whole, all }) = self.torn else { return Ok(()) };
        let found = file.metadata()?.len();
        if found == all {
            file.set_len(whole)?;
        } else if found > whole {
            file.write_all(b"\n")?;
        }
        self.torn = None;
        Ok(())
    }
}

impl Header {
    fn new(info: &ScorerInfo) -> Self {
        let info = info.clone();
        Self {
            schema: SCHEMA.into(),
            name: info.name,
            info: HeaderInfo {
                fingerprint: info.fingerprint,
                kind: info.kind,
                recipe: info.recipe,
                model: info.model,
                format: info.format,
                drift: info.drift,
            },
        }
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, ScoringError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ScoringError::io("read the folder of the scores", folder, e)),
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> =
        paths.filter(|p| p.extension().is_some_and(|e| e == "jsonl") && p.is_file()).collect();
    paths.sort();
    Ok(paths)
}

fn file_of(path: PathBuf, bytes: &[u8], report: &mut BookReport) -> PageFile {
    let (whole, all) = (whole_lines(bytes).len() as u64, bytes.len() as u64);
    let torn = (whole < all).then_some(Torn { whole, all });
    if torn.is_some() {
        report.torn.push((path.clone(), all - whole));
    }
    PageFile { path, torn }
}

fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

/// True for the beginning of a header of ours; anything else without a line is somebody else's file.
fn is_torn_header(bytes: &[u8]) -> bool {
    let start = format!("{{\"schema\":\"{SCHEMA}\"");
    let common = start.len().min(bytes.len());
    !bytes.is_empty() && !bytes.contains(&b'\n') && bytes.get(..common) == start.as_bytes().get(..common)
}

fn read_page(file: PageFile, bytes: &[u8], report: &mut BookReport) -> Option<Page> {
    let path = &file.path;
    let lines = whole_lines(bytes);
    let mut lines = (1..).zip(lines.split(|b| *b == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty());
    let header = lines.next().map(|(_, line)| serde_json::from_slice::<Header>(line));
    let header = match header {
        Some(Ok(header)) if header.schema == SCHEMA => header,
        Some(Ok(header)) => {
            let schema = header.schema;
            report.warnings.push(format!("scores of an unknown version ({schema}) were left out: {}", path.display()));
            return None;
        }
        Some(Err(error)) => {
            report.warnings.push(format!("scores without a header were left out ({error}): {}", path.display()));
            return None;
        }
        None => return None,
    };
    let info = ScorerInfo {
        name: header.name,
        fingerprint: header.info.fingerprint,
        kind: header.info.kind,
        recipe: header.info.recipe,
        model: header.info.model,
        format: header.info.format,
        drift: header.info.drift,
    };
    let mut scores = HashMap::new();
    for (number, line) in lines {
        match serde_json::from_slice::<Line<'_>>(line) {
            Ok(line) => {
                let score = StepScore { value: line.score, spread: line.spread, note: line.note };
                scores.insert(StepKey::from(&StepHash::new(line.step)), score.into());
            }
            Err(error) => {
                report
                    .warnings
                    .push(format!("line {number} of the scores is unreadable ({error}): {}", path.display()));
            }
        }
    }
    Some(Page { info, scores, file: Arc::new(Mutex::new(file)) })
}

/// A name may hold what a file's name must not.
fn file_name(scorer: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let stem: String = scorer.chars().map(safe).collect();
    let stem = stem.trim_matches('.');
    format!("{}.jsonl", if stem.is_empty() { "scorer" } else { stem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ScoreKind;

    fn info(name: &str, fingerprint: &str) -> ScorerInfo {
        ScorerInfo {
            name: name.into(),
            fingerprint: fingerprint.into(),
            kind: ScoreKind::Correctness,
            ..ScorerInfo::default()
        }
    }

    fn hash(text: &str) -> StepHash {
        StepHash::new(text)
    }

    #[test]
    fn scores_are_kept_by_scorer() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("scores");
        let (book, report) = ScoreBook::open(&at).unwrap();
        assert_eq!(report, BookReport::default());
        let a = book.adopt(&info("org/model", "aaaaaaaaaa"));
        let b = book.adopt(&info("org/model", "bbbbbbbbbb"));
        assert_eq!((a.as_str(), b.as_str()), ("org/model", "org/model-bbbbbb"));
        assert_eq!(book.adopt(&info("renamed", "aaaaaaaaaa")), a);
        let reader = book.clone();
        book.append(&a, &[(hash("s1"), 0.1.into()), (hash("s2"), f32::NAN.into())]).unwrap();
        book.append(&b, &[(hash("s1"), 0.9.into())]).unwrap();
        assert_eq!(reader.get(&a, &hash("s1")), Some(0.1), "a clone sees new scores");
        assert!(book.append("nobody", &[(hash("s1"), 0.1.into())]).is_err());

        let (again, report) = ScoreBook::open(&at).unwrap();
        assert_eq!(report, BookReport::default());
        assert_eq!(again.scorers(), book.scorers());
        assert_eq!((again.get(&a, &hash("s1")), again.get(&b, &hash("s1"))), (Some(0.1), Some(0.9)));
        assert_eq!((again.get(&a, &hash("s2")), again.count(&a)), (None, 1));
    }

    #[test]
    fn a_torn_last_line_costs_that_line_only() {
        let folder = tempfile::tempdir().unwrap();
        let (book, _) = ScoreBook::open(folder.path()).unwrap();
        let name = book.adopt(&info("m", "aaaaaaaaaa"));
        book.append(&name, &[(hash("s1"), 0.1.into())]).unwrap();
        let path = folder.path().join("m.jsonl");
        let good = fs::read(&path).unwrap();
        for keep in [true, false] {
            let mut bytes = good.clone();
            bytes.extend_from_slice(b"{\"step\":\"s2\",\"sc");
            fs::write(&path, &bytes).unwrap();
            let (book, report) = ScoreBook::open(folder.path()).unwrap();
            assert_eq!(report.torn, [(path.clone(), 16)]);
            assert_eq!(book.get(&name, &hash("s1")), Some(0.1));
            if keep {
                book.append(&name, &[(hash("s3"), 0.3.into())]).unwrap();
            } else {
                assert_eq!(book.repair().unwrap(), std::slice::from_ref(&path));
                assert_eq!(fs::read(&path).unwrap(), good);
            }
            let (book, report) = ScoreBook::open(folder.path()).unwrap();
            assert_eq!(report, BookReport::default());
            assert_eq!(book.get(&name, &hash("s3")), keep.then_some(0.3));
        }
    }

    #[test]
    fn a_file_torn_inside_its_header_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let (book, _) = ScoreBook::open(folder.path()).unwrap();
        let scorer = info("m", "aaaaaaaaaa");
        let name = book.adopt(&scorer);
        book.append(&name, &[(hash("s1"), 0.1.into())]).unwrap();
        let path = folder.path().join("m.jsonl");
        let good = fs::read(&path).unwrap();
        for (keep, repaired) in [(3, true), (40, true), (3, false), (40, false)] {
            fs::write(&path, &good[..keep]).unwrap();
            let (book, report) = ScoreBook::open(folder.path()).unwrap();
            assert_eq!((report.torn.len(), report.warnings.len()), (1, 0), "{report:?}");
            if repaired {
                assert_eq!(book.repair().unwrap(), std::slice::from_ref(&path));
                assert_eq!(ScoreBook::open(folder.path()).unwrap().1, BookReport::default());
            }
            assert_eq!(book.adopt(&scorer), "m", "its own name is free");
            book.append("m", &[(hash("s1"), 0.1.into())]).unwrap();
            assert_eq!(fs::read(&path).unwrap(), good);
        }
    }

    #[test]
    fn a_failed_write_leaves_no_part_of_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let (book, _) = ScoreBook::open(folder.path()).unwrap();
        let name = book.adopt(&info("m", "aaaaaaaaaa"));
        book.append(&name, &[(hash("s1"), 0.1.into())]).unwrap();
        let path = folder.path().join("m.jsonl");
        let good = fs::read(&path).unwrap();
        let text: &[u8] = b"{\"step\":\"s2\",\"score\":0.2}\n";
        let open = || OpenOptions::new().read(true).append(true).open(&path).unwrap();
        let file = |torn| PageFile { path: path.clone(), torn };
        let before = good.len() as u64;
        let partly = |more: &[u8]| fs::write(&path, [&good, &text[..9], more].concat()).unwrap();

        partly(b"");
        let mut page = file(None);
        page.take_back(&mut open(), before, text);
        assert_eq!((fs::read(&path).unwrap(), page.torn), (good.clone(), None));

        // What another process has written meanwhile stays; the part of our line is ended.
        partly(b"{\"step\":\"s3\",\"score\":0.3}\n");
        page.take_back(&mut open(), before, text);
        assert!(page.torn.is_some());
        page.write(&info("m", "aaaaaaaaaa"), &[&(hash("s4"), 0.4.into())]).unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("0.3}\n\n{\"step\":\"s4\",\"score\":0.4}\n"));

        // Mending that fails is tried again.
        partly(b"");
        let torn = Torn { whole: before, all: before + 9 };
        let mut page = file(Some(torn));
        assert!(page.mend(&mut File::open(&path).unwrap()).is_err());
        assert_eq!(page.torn, Some(torn));
        page.mend(&mut open()).unwrap();
        assert_eq!((fs::read(&path).unwrap(), page.torn), (good, None));
    }

    #[test]
    fn what_cannot_be_read_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let (book, _) = ScoreBook::open(folder.path()).unwrap();
        let name = book.adopt(&info("m", "aaaaaaaaaa"));
        book.append(&name, &[(hash("s1"), 0.1.into())]).unwrap();
        let path = folder.path().join("m.jsonl");
        let text = fs::read_to_string(&path).unwrap() + "nonsense\n{\"step\":\"s2\",\"score\":0.5}\n";
        fs::write(&path, text).unwrap();
        fs::write(folder.path().join("x.jsonl"), b"\xff\xfe\n").unwrap();
        let (book, report) = ScoreBook::open(folder.path()).unwrap();
        assert_eq!(report.warnings.len(), 2, "{:?}", report.warnings);
        assert!(report.warnings[0].starts_with("line 3 "));
        assert_eq!(book.get(&name, &hash("s2")), Some(0.5));
    }
}
