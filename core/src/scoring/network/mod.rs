//! Backbone and head together: token ids and positions in, scores out.

mod amx;
mod decoder;
mod embedding;
mod forest;
mod kernels;
mod language_model;
mod layer;
mod linear;
mod pieces;
mod probe;
mod readout;
mod rope;
#[cfg(test)]
mod tests;
mod texts;
mod writer;

use candle_core::{Device, Tensor};

pub(crate) use self::decoder::Decoder;
pub(crate) use self::embedding::Embedding;
pub(crate) use self::kernels::{Activation, activate};
use self::language_model::LanguageModel;
use self::linear::rounds;
pub(crate) use self::linear::{Linear, Loading, can_be_quantised, has_tiles};
use self::readout::{Readout, running_scores};
pub(crate) use self::texts::{GoOn, Texts};
pub(crate) use self::writer::Draft;
use crate::scoring::checkpoint::{Checkpoint, Weights};
use crate::scoring::recipe::{Head, ScoreFrom};
use crate::scoring::{NumberFormat, Recipe, ScoringError, StepScore};

/// A score, or why there is none.
pub(crate) type StepResult = Result<StepScore, String>;

/// A text and where it is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Token ids.
    pub(crate) ids: Vec<u32>,
    /// Positions in the ids, ascending.
    pub(crate) at: Vec<usize>,
    /// Where what is scored begins; only read-outs that add up over tokens look at it.
    pub(crate) start: usize,
}

/// A loaded network.
pub(crate) struct Network {
    reader: Reader,
    /// The number format that was settled on.
    pub(crate) format: NumberFormat,
    /// How far the farthest score of the probe is from what the weights as stored give.
    pub(crate) drift: Option<f32>,
}

/// How a network is to be loaded.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) recipe: &'a Recipe,
    /// The reference of an implicit model.
    pub(crate) reference: Option<&'a Checkpoint>,
    pub(crate) format: NumberFormat,
    /// Token ids and positions that show what rounding weights costs.
    pub(crate) probe: Option<(&'a [u32], &'a [usize])>,
    /// The model is to write as well.
    pub(crate) writes: bool,
}

#[cfg(test)]
impl<'a> Plan<'a> {
    /// To read with that recipe, and nothing else.
    pub(crate) fn exact(recipe: &'a Recipe) -> Self {
        Self { recipe, reference: None, format: NumberFormat::F32, probe: None, writes: false }
    }
}

/// How scores come from the backbone.
enum Reader {
    /// A head looks at the hidden states of single tokens.
    Head {
        texts: Box<Texts>,
        readout: Readout,
        /// Turns hidden states into logits of the next token, where the model is to write.
        output: Option<Linear>,
    },
    /// Two models tell how likely they hold the text.
    Implicit { main: Box<LanguageModel>, reference: Box<LanguageModel>, coefficient: f64, score: ScoreFrom },
}

impl Network {
    /// Loads the network of a checkpoint.
    pub(crate) fn load(
        checkpoint: &Checkpoint,
        plan: &Plan<'_>,
        device: &Device,
        go_on: &mut dyn FnMut() -> Result<(), ScoringError>,
    ) -> Result<Self, ScoringError> {
        let Plan { reference, recipe, format, probe, .. } = *plan;
        let (format, dtype) = format.settle(device, checkpoint.weights.stored_dtype(), rounds(&checkpoint.config));
        let (config, weights) = (&checkpoint.config, &checkpoint.weights);
        let mut drift = None;
        let reader = if let (Head::Implicit { coefficient, .. }, Some(reference)) = (&recipe.read.head, reference) {
            Reader::Implicit {
                main: Box::new(LanguageModel::load(checkpoint, format, device, go_on)?),
                reference: Box::new(LanguageModel::load(reference, format, device, go_on)?),
                coefficient: *coefficient,
                score: recipe.read.score.clone(),
            }
        } else {
            let readout = Readout::load(recipe, config, weights, device)?;
            let loading = Loading { weights, dtype, device };
            let (decoder, probed) = Decoder::load(checkpoint, loading, format, probe, &mut |_| go_on())?;
            if let Some(probed) = probed {
                drift = farthest(&readout.scores(&probed.exact)?, &readout.scores(&probed.rounded)?);
            }
            let output = if plan.writes {
                let output = loading.get(Weights::output_name(config), &[config.vocab_size, config.hidden_size])?;
                Some(
                    Linear::of(output, format.rounding(device))
                        .map_err(|e| ScoringError::compute("loading the weights", &e))?,
                )
            } else {
                None
            };
            Reader::Head { texts: Box::new(Texts::new(decoder)), readout, output }
        };
        Ok(Self { reader, format, drift })
    }

    /// Tokens computed since it was loaded, by all its models.
    pub(crate) fn tokens(&mut self) -> u64 {
        self.all_texts().into_iter().map(|texts| texts.tokens).sum()
    }

    /// For tests of its parts.
    #[cfg(test)]
    pub(crate) fn set_chunk(&mut self, tokens: usize) {
        for texts in self.all_texts() {
            texts.decoder_mut().set_chunk(tokens);
        }
    }

    /// Forgets all texts, as after loading.
    pub(crate) fn forget(&mut self) {
        for texts in self.all_texts() {
            texts.forget();
        }
    }

    fn all_texts(&mut self) -> Vec<&mut Texts> {
        match &mut self.reader {
            Reader::Head { texts, .. } => vec![texts],
            Reader::Implicit { main, reference, .. } => vec![main.texts_mut(), reference.texts_mut()],
        }
    }

    /// Reads every text at all its positions, in one pass over what is not known yet.
    pub(crate) fn read(&mut self, wanted: &[Wanted], go_on: GoOn<'_>) -> Result<Vec<Vec<StepResult>>, ScoringError> {
        let mut results = self.read_together(wanted, go_on)?;
        for (wanted, results) in wanted.iter().zip(&mut results) {
            if wanted.at.len() > 1 && results.iter().any(Result::is_err) {
                *results = self.read_one_by_one(wanted, go_on)?;
            }
        }
        Ok(results)
    }

    fn read_together(&mut self, wanted: &[Wanted], go_on: GoOn<'_>) -> Result<Vec<Vec<StepResult>>, ScoringError> {
        match &mut self.reader {
            Reader::Head { texts, readout, .. } => read_head(texts, readout, wanted, go_on),
            Reader::Implicit { main, reference, coefficient, score } => {
                let stretches: Vec<_> = wanted
                    .iter()
                    .map(|text| (text.ids.as_slice(), text.start..=text.at.last().copied().unwrap_or(text.start)))
                    .collect();
                let main = main.log_probs(&stretches, go_on)?;
                let reference = reference.log_probs(&stretches, go_on)?;
                let scores = |(text, (main, reference)): (&Wanted, (Vec<f32>, Vec<f32>))| {
                    let ends: Vec<usize> = text.at.iter().map(|at| at.saturating_sub(text.start)).collect();
                    running_scores(&main, &reference, *coefficient, &ends, score)
                };
                Ok(wanted.iter().zip(main.into_iter().zip(reference)).map(scores).collect())
            }
        }
    }

    /// Goes on with texts until `goes_on` has had enough of each.
    pub(crate) fn write(
        &mut self,
        drafts: &mut [Draft],
        goes_on: &mut dyn FnMut(usize, &Draft) -> Result<bool, ScoringError>,
    ) -> Result<(), ScoringError> {
        match &mut self.reader {
            Reader::Head { texts, output: Some(output), .. } => writer::write(texts, output, drafts, goes_on),
            _ => Err(ScoringError::Compute("this model was not loaded to write".into())),
        }
    }

    /// Attention gives later tokens the weight 0, but 0 times what is not a number is not a number: one bad token
    /// spoils all positions that are computed together with it. Read up to one mark at a time, what stands before
    /// the bad token keeps its score.
    fn read_one_by_one(&mut self, wanted: &Wanted, go_on: GoOn<'_>) -> Result<Vec<StepResult>, ScoringError> {
        self.forget();
        let mut scores: Vec<StepResult> = Vec::with_capacity(wanted.at.len());
        for &at in &wanted.at {
            let next = if let Some(Err(reason)) = scores.last() {
                Err(reason.clone())
            } else {
                let read = self.read_together(&[Wanted { at: vec![at], ..wanted.clone() }], go_on)?;
                read.into_iter().flatten().next().unwrap_or_else(|| Err("the model gave nothing".into()))
            };
            scores.push(next);
        }
        self.forget();
        Ok(scores)
    }
}

/// The largest difference between scores of the same places.
fn farthest(exact: &[StepResult], rounded: &[StepResult]) -> Option<f32> {
    let pairs = exact.iter().zip(rounded).filter_map(|(a, b)| Some((a.as_ref().ok()?, b.as_ref().ok()?)));
    pairs.map(|(a, b)| (a.value - b.value).abs()).max_by(f32::total_cmp)
}

fn read_head(
    texts: &mut Texts,
    readout: &Readout,
    wanted: &[Wanted],
    go_on: GoOn<'_>,
) -> Result<Vec<Vec<StepResult>>, ScoringError> {
    let request: Vec<_> = wanted.iter().map(|text| (text.ids.as_slice(), text.at.clone())).collect();
    let rows = texts.begin(&request)?;
    let mut found: Vec<Option<StepResult>> = vec![None; rows.len()];
    let mut each = |numbers: &[usize], hidden: &Tensor| {
        for (number, score) in numbers.iter().zip(readout.scores(hidden)?) {
            if let Some(place) = found.get_mut(*number) {
                *place = Some(score);
            }
        }
        Ok(())
    };
    texts.run(&rows, &mut each, go_on)?;
    let result = |number: &usize| {
        found.get(*number).cloned().flatten().unwrap_or_else(|| Err("the model gave nothing".to_string()))
    };
    Ok(rows.numbers.iter().map(|numbers| numbers.iter().map(result).collect()).collect())
}
