//! Finds steps by what a sentence encoder makes of them: a vector for each text, all compared with the one asked about.

use std::cmp::Reverse;
use std::path::Path;

use rayon::prelude::*;

use super::distinct::Distinct;
use super::nearest::{Asked, Nearest, Similar, read_again, whole};
use super::vector_file::{TextKey, VectorFile, key_of};
use super::vectors::{Rounded, Vectors};
use crate::job::{JobContext, JobError, Progress};
use crate::scoring::{EncoderInfo, TextEncoder};
use crate::store::Store;

/// Texts that are encoded together. After each lot they are on the disk.
const LOT: usize = 512;

/// The place of a vector whose text no step says.
const NOWHERE: u32 = u32::MAX;

/// The texts of all steps of a store as vectors, held in memory: a byte for each number, and 24 more for each text.
pub struct MeaningIndex {
    encoder: EncoderInfo,
    distinct: Distinct,
    vectors: Vectors,
    /// The text of each vector.
    texts: Vec<u32>,
    /// The vector of each text.
    places: Vec<u32>,
    /// How many texts were encoded to make it; the others were known.
    encoded: usize,
    notes: Vec<String>,
}

impl MeaningIndex {
    /// Encodes each different text once, long ones first, unless a file in `folder` has its vector already; new ones
    /// are added to that file at once, so that what was stopped goes on there. Can be stopped after every 32,768 steps
    /// read, and while texts are encoded.
    pub fn build(
        store: &Store,
        folder: &Path,
        encoder: &mut dyn TextEncoder,
        ctx: &JobContext,
    ) -> Result<Self, JobError> {
        let distinct = Distinct::find(store, ctx)?;
        let firsts: Vec<usize> = distinct.firsts().collect();
        let key = |at: &usize| {
            let text = whole(store.step_says(*at));
            (key_of(&text), text.len())
        };
        let keys: Vec<(TextKey, usize)> = firsts.par_iter().map(key).collect();
        ctx.checkpoint()?;
        let info = encoder.info().clone();
        let mut file = VectorFile::open(folder, &info)?;
        let (mut vectors, known) = file.read(ctx)?;
        let mut places: Vec<u32> = keys.iter().map(|(key, _)| known.get(key).copied().unwrap_or(NOWHERE)).collect();
        drop(known);
        let mut missing: Vec<usize> = (0..places.len()).filter(|text| places.get(*text) == Some(&NOWHERE)).collect();
        missing.sort_by_key(|text| Reverse(keys.get(*text).map(|(_, length)| *length)));
        let total = missing.len();
        for (lot, part) in missing.chunks(LOT).enumerate() {
            let done = lot * LOT;
            let tell = |within: u64| {
                let note = format!("Encoding texts of steps with {}, {done} of {total}", info.name);
                ctx.report(Progress { done: done as u64 + within, total: Some(total as u64), note });
                ctx.checkpoint()
            };
            tell(0)?;
            let says = |text: &usize| firsts.get(*text).map(|at| whole(store.step_says(*at))).unwrap_or_default();
            let texts: Vec<String> = part.iter().map(says).collect();
            let found = encoder.encode(&texts, &mut |progress| tell(progress.done));
            let found = found.map_err(|error| match ctx.checkpoint() {
                Err(stopped) => stopped,
                Ok(()) => JobError::from_error(&error),
            })?;
            let added: Vec<(TextKey, Rounded)> = part
                .iter()
                .zip(&found)
                .filter_map(|(text, vector)| Some((keys.get(*text)?.0, Rounded::new(vector))))
                .collect();
            file.append(&added)?;
            for (text, (_, Rounded { scale, numbers })) in part.iter().zip(added) {
                if let Some(place) = places.get_mut(*text) {
                    *place = u32::try_from(vectors.len()).unwrap_or(NOWHERE);
                }
                vectors.push(scale, numbers);
            }
        }
        let mut texts = vec![NOWHERE; vectors.len()];
        for (text, place) in (0..).zip(&places) {
            if let Some(slot) = texts.get_mut(*place as usize) {
                *slot = text;
            }
        }
        Ok(Self { encoder: info, distinct, vectors, texts, places, encoded: total, notes: file.notes })
    }

    /// Who made the vectors.
    pub fn encoder(&self) -> &EncoderInfo {
        &self.encoder
    }

    /// True where it was made of these tables.
    pub fn fits(&self, store: &Store) -> bool {
        self.distinct.fits(store)
    }

    /// How many different texts there are.
    pub fn texts(&self) -> usize {
        self.distinct.len()
    }

    /// How many of them were encoded to make it; the others were known.
    pub fn encoded(&self) -> usize {
        self.encoded
    }

    /// What is to be told of the file of vectors: that it was damaged, or cannot be written.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How much memory it takes.
    pub fn bytes(&self) -> usize {
        self.distinct.bytes() + self.vectors.bytes() + (self.texts.len() + self.places.len()) * size_of::<u32>()
    }

    /// The text that has to be encoded first to look for what is like it; `None` where its vector is known, or it says
    /// nothing.
    pub fn unknown(&self, store: &Store, asked: &Asked) -> Result<Option<String>, JobError> {
        let (says, _) = asked.says(store)?;
        let text = whole(says);
        Ok((self.distinct.number_of(&says).is_none() && !text.is_empty()).then_some(text))
    }

    /// The `n` texts nearest to the one asked about, each with all steps that say it. `vector` is that of a text that is
    /// [unknown](Self::unknown). All are looked at; their cosines are off by some ten-thousandths. Fails where the index
    /// is of other tables, or there is no such step. Can be stopped after some hundred thousand texts.
    pub fn nearest(
        &self,
        store: &Store,
        asked: &Asked,
        vector: Option<&[f32]>,
        n: usize,
        ctx: &JobContext,
    ) -> Result<Nearest, JobError> {
        if !self.fits(store) {
            return Err(read_again());
        }
        let (says, this) = asked.says(store)?;
        let own = self.distinct.number_of(&says);
        let known = own.and_then(|text| self.vectors.get(*self.places.get(text)? as usize));
        let Some(vector) = known.or_else(|| vector.map(<[f32]>::to_vec)) else { return Ok(Nearest::default()) };
        if vector.len() != self.encoder.dims {
            return Err(JobError::Failed("the encoder has changed; look for similar steps once more".into()));
        }
        let text_of = |place: usize| self.texts.get(place).copied().filter(|text| *text != NOWHERE);
        let takes = |place: usize| text_of(place).is_some_and(|text| Some(text as usize) != own);
        let near = self.vectors.nearest(&vector, n, takes, ctx)?;
        let hits = near.into_iter().filter_map(|(score, place)| {
            let steps = self.distinct.steps_of(text_of(place)? as usize);
            Some(Similar::new(score.clamp(-1.0, 1.0), steps, store, None))
        });
        let same = own.map(|text| Similar::new(1.0, self.distinct.steps_of(text), store, this));
        Ok(Nearest { same: same.filter(|same| !same.steps.is_empty()), hits: hits.collect() })
    }
}
