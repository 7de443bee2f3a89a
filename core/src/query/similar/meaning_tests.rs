//! Nearest steps by vectors: what is kept on disk, what is encoded again, and what is found.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::tests::{at, ctx, of};
use super::*;
use crate::job::{Job, JobError, Outcome};
use crate::model::{Problem, TraceBuilder};
use crate::scoring::{DeviceKind, EncoderInfo, ModelFactory, ScoreCache, ScoringError, TextEncoder, Watch};
use crate::store::StoreWriter;

/// Tells texts apart by how often each letter occurs; remembers what it was asked for.
struct Letters {
    info: EncoderInfo,
    asked: Vec<String>,
    /// Stops after so many texts.
    stops_after: usize,
}

impl Letters {
    fn new() -> Self {
        let info =
            EncoderInfo { name: "letters".into(), fingerprint: "ab12".into(), dims: 26, ..EncoderInfo::default() };
        Self { info, asked: Vec::new(), stops_after: usize::MAX }
    }

    fn vector(text: &str) -> Vec<f32> {
        let mut counts = [0.01_f32; 26];
        let letters = text.bytes().filter(u8::is_ascii_alphabetic).map(|byte| byte.to_ascii_lowercase() - b'a');
        letters.for_each(|letter| counts[usize::from(letter)] += 1.0);
        let length = counts.iter().map(|x| x * x).sum::<f32>().sqrt();
        counts.iter().map(|x| x / length).collect()
    }
}

impl TextEncoder for Letters {
    fn info(&self) -> &EncoderInfo {
        &self.info
    }

    fn encode(&mut self, texts: &[String], watch: Watch<'_>) -> Result<Vec<Vec<f32>>, ScoringError> {
        if self.asked.len() >= self.stops_after {
            return Err(ScoringError::Cancelled);
        }
        watch(crate::job::Progress::default()).map_err(ScoringError::stopped)?;
        self.asked.extend_from_slice(texts);
        Ok(texts.iter().map(|text| Self::vector(text)).collect())
    }
}

fn build(store: &crate::store::Store, folder: &Path) -> (MeaningIndex, Vec<String>) {
    let mut letters = Letters::new();
    let index = MeaningIndex::build(store, folder, &mut letters, &ctx()).unwrap();
    (index, letters.asked)
}

fn file(folder: &Path) -> PathBuf {
    folder.join("ab12.bin")
}

const TRACES: &[&[&str]] = &[&["abc", "zzz", " "], &["aabbcc", "abd", "abc"], &[" abc\n", "xyz"]];

#[test]
fn the_nearest_vectors_are_found_with_all_steps_that_say_so() {
    let (folder, store) = of(TRACES);
    let (index, _) = build(&store, folder.path());
    assert_eq!((index.texts(), index.encoded(), index.notes().len()), (5, 5, 0));
    let asked = Asked::Step(at(1, 2));
    assert_eq!(index.unknown(&store, &asked), Ok(None));
    let found = index.nearest(&store, &asked, None, 3, &ctx()).unwrap();
    let same = found.same.unwrap();
    assert_eq!((same.steps, same.traces, same.text.as_str()), (vec![at(0, 0), at(2, 0)], 2, "abc"));
    let hits: Vec<(&str, f64)> = found.hits.iter().map(|hit| (hit.text.as_str(), hit.score)).collect();
    assert_eq!([hits[0].0, hits[1].0], ["aabbcc", "abd"]);
    assert!(hits[0].1 > 0.99 && (hits[1].1 - 2.0 / 3.0).abs() < 0.02 && hits.len() == 3, "{hits:?}");
    // A text that no step says has to be encoded first.
    let asked = Asked::Text(" zzzz ".into());
    let text = index.unknown(&store, &asked).unwrap().unwrap();
    assert_eq!(text, "zzzz");
    let found = index.nearest(&store, &asked, Some(&Letters::vector(&text)), 1, &ctx()).unwrap();
    assert_eq!((found.same, found.hits[0].steps.as_slice()), (None, &[at(0, 1)][..]));
    assert_eq!(index.nearest(&store, &asked, None, 1, &ctx()).unwrap(), Nearest::default());
    let nothing = Asked::Step(at(0, 2));
    assert_eq!(index.unknown(&store, &nothing), Ok(None));
    assert_eq!(index.nearest(&store, &nothing, None, 1, &ctx()).unwrap(), Nearest::default());
    assert!(index.unknown(&store, &Asked::Step(at(0, 9))).is_err());
    assert!(index.nearest(&store, &asked, Some(&[1.0]), 1, &ctx()).is_err());
}

#[test]
fn a_text_is_encoded_once() {
    let (folder, store) = of(TRACES);
    let (_, mut asked) = build(&store, folder.path());
    assert!(asked.is_sorted_by_key(|text| std::cmp::Reverse(text.len())), "long ones first: {asked:?}");
    asked.sort();
    assert_eq!(asked, ["aabbcc", "abc", "abd", "xyz", "zzz"]);
    let mut more = StoreWriter::append(&store).unwrap().unwrap();
    more.push(&TraceBuilder::new(Problem::from_text("?")).thought("abc").thought("new").build()).unwrap();
    let longer = more.finish(Vec::new()).unwrap();
    let (index, asked) = build(&longer, folder.path());
    assert_eq!((asked, index.texts(), index.encoded()), (vec!["new".to_owned()], 6, 1));
    assert!(index.fits(&longer) && !index.fits(&store));
    assert!(index.nearest(&store, &Asked::Step(at(0, 0)), None, 1, &ctx()).is_err());
    // Vectors of texts that are gone are kept in the file and never found.
    let (_other_folder, other) = of(&[&["xyz", "zzy"]]);
    let (index, asked) = build(&other, folder.path());
    assert_eq!(asked, ["zzy"]);
    assert_eq!(index.nearest(&other, &Asked::Step(at(0, 0)), None, 9, &ctx()).unwrap().hits.len(), 1);
}

#[test]
fn what_is_damaged_is_made_anew() {
    let (folder, store) = of(TRACES);
    build(&store, folder.path());
    let whole = fs::read(file(folder.path())).unwrap();
    let record = 16 + 4 + 26 + 4;
    assert_eq!(whole.len(), 64 + 5 * record);
    let check = |bytes: &[u8], again: usize, noted: bool| {
        fs::write(file(folder.path()), bytes).unwrap();
        let (index, asked) = build(&store, folder.path());
        assert_eq!((asked.len(), index.encoded()), (again, again));
        assert_eq!(
            index.notes().iter().any(|note| note.contains("cut short or damaged")),
            noted,
            "{:?}",
            index.notes()
        );
        let mut all: Vec<Vec<u8>> = whole[64..].chunks(record).map(<[u8]>::to_vec).collect();
        let mut now: Vec<Vec<u8>> =
            fs::read(file(folder.path())).unwrap()[64..].chunks(record).map(<[u8]>::to_vec).collect();
        all.sort();
        now.sort();
        assert_eq!(now, all, "whole again");
    };
    check(&whole, 0, false);
    check(&whole[..whole.len() - 1], 1, true);
    check(&whole[..64 + record + 3], 4, true);
    let mut flipped = whole.clone();
    flipped[64 + 2 * record + 20] ^= 1;
    check(&flipped, 3, true);
    check(&whole[..20], 5, true);
    check(b"stepscope vectors 0 and what an older version wrote, all the way to here and beyond", 5, true);
    check(&[], 5, false);
}

#[test]
fn what_was_stopped_goes_on_where_it_was() {
    let texts: Vec<String> = (0..1200).map(|n| format!("{}{}", "a".repeat(n % 7), "b".repeat(n / 7))).collect();
    let (folder, store) = of(&[&texts.iter().map(String::as_str).collect::<Vec<_>>()]);
    let different = build(&store, &folder.path().join("all")).0.texts();
    let mut letters = Letters { stops_after: 512, ..Letters::new() };
    let stopped = MeaningIndex::build(&store, folder.path(), &mut letters, &ctx());
    assert!(stopped.is_err() && letters.asked.len() == 512);
    let (index, asked) = build(&store, folder.path());
    assert_eq!(asked.len(), different - 512);
    let all = index.nearest(&store, &Asked::Step(at(0, 1)), None, 9999, &ctx()).unwrap().hits.len();
    assert_eq!(all, different - 1);
}

#[test]
fn the_owner_can_stop_it_and_two_never_write_at_once() {
    let (folder, store) = of(TRACES);
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (stored, place) = (store.clone(), folder.path().to_owned());
    let mut job = Job::spawn("encode", std::sync::Arc::new(|| {}), move |ctx| {
        wait.recv().ok();
        MeaningIndex::build(&stored, &place, &mut Letters::new(), ctx).map(|_| ())
    })
    .unwrap();
    job.cancel();
    go.send(()).unwrap();
    let outcome = std::iter::repeat_with(|| job.poll()).find_map(|outcome| outcome).unwrap();
    assert!(matches!(outcome, Outcome::Cancelled), "{outcome:?}");
    build(&store, folder.path());
    let held = fs::File::open(file(folder.path())).unwrap();
    held.lock().unwrap();
    let error = MeaningIndex::build(&store, folder.path(), &mut Letters::new(), &ctx()).err();
    assert!(matches!(&error, Some(JobError::Failed(why)) if why.contains("another Stepscope encodes")), "{error:?}");
    drop(held);
    // Where nothing can be written, vectors live in memory.
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let (index, asked) = build(&store, &in_the_way);
    assert!(asked.len() == 5 && index.notes()[0].contains("cannot be kept"), "{:?}", index.notes());
}

#[test]
fn a_real_encoder_finds_the_same_words_first() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests-data/encoders/bert");
    let factory = ModelFactory::new(DeviceKind::Cpu, ScoreCache::in_memory()).unwrap();
    let mut encoder = factory.open_encoder(&folder.to_string_lossy(), &mut |_| Ok(())).unwrap();
    let (place, store): (TempDir, _) =
        of(&[&["So x = 5.", "Therefore the answer is 42."], &["By Pythagoras the hypotenuse is 5.", "so X = 5 ."]]);
    let index = MeaningIndex::build(&store, place.path(), &mut encoder, &ctx()).unwrap();
    let found = index.nearest(&store, &Asked::Step(at(0, 0)), None, 3, &ctx()).unwrap();
    // In small letters the tokens are the same; in 8 bits the cosine is nearly 1.
    assert_eq!(found.hits[0].steps, [at(1, 1)]);
    assert!(found.hits[0].score > 0.998 && found.hits[1].score < 0.99, "{found:?}");
    assert_eq!(index.encoder().name, "bert");
    assert!(index.bytes() > 4 * 32);
}
