//! The vectors of one encoder on disk, each once: what was encoded is there after a crash, and never encoded again.
//!
//! A line of 64 bytes: `stepscope vectors 1`, the fingerprint of the encoder, the numbers of a vector, a line break at
//! the end. Then records: a key of 16 bytes (the BLAKE3 hash of the text), the scale as f32, the numbers as i8, and the
//! first 4 bytes of the BLAKE3 hash of the record; little-endian. Records are only appended. What is behind the first
//! damaged one is cut off and encoded again.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::vectors::{Rounded, Vectors};
use crate::job::{JobContext, JobError, Progress};
use crate::scoring::EncoderInfo;

const TITLE: usize = 64;
const KEY: usize = 16;
const SCALE: usize = 4;
const CHECK: usize = 4;

/// Records that are read at once.
const LOT: usize = 1 << 12;

/// Names a text by content.
pub(super) type TextKey = [u8; KEY];

/// The key of a text.
pub(super) fn key_of(text: &str) -> TextKey {
    let mut key = [0; KEY];
    key.copy_from_slice(blake3::hash(text.as_bytes()).as_bytes().split_at(KEY).0);
    key
}

/// The file of one encoder, open to be read once and appended to.
pub(super) struct VectorFile {
    path: PathBuf,
    dims: usize,
    title: Vec<u8>,
    /// None where nothing can be kept.
    file: Option<File>,
    /// What is to be told of it.
    pub(super) notes: Vec<String>,
}

impl VectorFile {
    /// Opens or makes the file of an encoder in a folder. Where it cannot be written, vectors are not kept, and a note
    /// says so; where another program writes it, it fails.
    pub(super) fn open(folder: &Path, encoder: &EncoderInfo) -> Result<Self, JobError> {
        let path = folder.join(format!("{}.bin", encoder.fingerprint));
        let mut title = format!("stepscope vectors 1 {} {}", encoder.fingerprint, encoder.dims).into_bytes();
        title.resize(TITLE - 1, b' ');
        title.push(b'\n');
        let opened = fs::create_dir_all(folder)
            .and_then(|()| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path));
        let mut notes = Vec::new();
        let file = match opened {
            Ok(file) => match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    return Err(JobError::Failed(format!(
                        "another Stepscope encodes the steps of this project; wait for it or stop it: {}",
                        path.display()
                    )));
                }
                // A file system without locks: nothing can be held there.
                Ok(()) | Err(TryLockError::Error(_)) => Some(file),
            },
            Err(error) => {
                notes.push(format!("vectors of steps cannot be kept ({error}): {}", path.display()));
                None
            }
        };
        Ok(Self { path, dims: encoder.dims, title, file, notes })
    }

    fn record(&self) -> usize {
        KEY + SCALE + self.dims + CHECK
    }

    /// Reads what is there: the vectors, and where that of each text is among them.
    pub(super) fn read(&mut self, ctx: &JobContext) -> Result<(Vectors, HashMap<TextKey, u32>), JobError> {
        let (mut vectors, mut known) = (Vectors::new(self.dims), HashMap::new());
        let record = self.record();
        let Some(mut file) = self.file.take() else { return Ok((vectors, known)) };
        let path = self.path.clone();
        let failed = |error: io::Error| failed("read", &path, &error);
        let length = file.metadata().map_err(failed)?.len();
        let mut title = Vec::with_capacity(TITLE);
        (&mut file).take(TITLE as u64).read_to_end(&mut title).map_err(failed)?;
        let mut whole = 0;
        if title == self.title {
            whole = TITLE as u64;
            let mut bytes = Vec::with_capacity(LOT * record);
            loop {
                ctx.checkpoint()?;
                let note = "Reading encoded steps".into();
                ctx.report(Progress { done: whole, total: Some(length), note });
                bytes.clear();
                (&mut file).take((LOT * record) as u64).read_to_end(&mut bytes).map_err(failed)?;
                let records: Vec<&[u8]> = bytes.chunks_exact(record).collect();
                let read: Vec<Option<(TextKey, f32, &[u8])>> = records.par_iter().map(|bytes| parse(bytes)).collect();
                let sound = read.len();
                let mut good = 0;
                for (key, scale, numbers) in read.into_iter().map_while(|one| one) {
                    known.insert(key, u32::try_from(vectors.len()).unwrap_or(u32::MAX));
                    vectors.push(scale, numbers.iter().map(|byte| byte.cast_signed()));
                    good += 1;
                }
                whole += (good * record) as u64;
                if good < sound || bytes.len() < LOT * record {
                    break;
                }
            }
        }
        if whole < length {
            self.notes.push(format!(
                "a file of encoded steps was cut short or damaged; {} of its vectors are kept, the others made anew: {}",
                vectors.len(),
                self.path.display()
            ));
        }
        file.set_len(whole).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        if whole == 0 {
            file.write_all(&self.title).map_err(failed)?;
        }
        self.file = Some(file);
        Ok((vectors, known))
    }

    /// Adds vectors. They are on the disk when it returns, or an error says why not.
    pub(super) fn append(&mut self, added: &[(TextKey, Rounded)]) -> Result<(), JobError> {
        let mut bytes = Vec::with_capacity(added.len() * self.record());
        for (key, Rounded { scale, numbers }) in added {
            let start = bytes.len();
            bytes.extend_from_slice(key);
            bytes.extend_from_slice(&scale.to_le_bytes());
            bytes.extend(numbers.iter().map(|x| x.cast_unsigned()));
            let check = checksum(bytes.get(start..).unwrap_or_default());
            bytes.extend_from_slice(&check);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = file.write_all(&bytes).and_then(|()| file.sync_data());
        written.map_err(|error| failed("write", &self.path, &error))
    }
}

fn failed(action: &str, path: &Path, error: &io::Error) -> JobError {
    JobError::Failed(format!("could not {action} the encoded steps: {error}: {}", path.display()))
}

fn parse(bytes: &[u8]) -> Option<(TextKey, f32, &[u8])> {
    let (record, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK)?)?;
    let (key, rest) = record.split_first_chunk::<KEY>()?;
    let (scale, numbers) = rest.split_first_chunk::<SCALE>()?;
    let scale = f32::from_le_bytes(*scale);
    (check == checksum(record) && scale.is_finite()).then_some((*key, scale, numbers))
}

fn checksum(bytes: &[u8]) -> [u8; CHECK] {
    let hash = blake3::hash(bytes);
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}
