//! Label sources side by side: which are chosen, what there is to choose from, and what they say of the open trace.

use std::sync::{Arc, OnceLock};

use stepscope_core::annotation::Annotations;
use stepscope_core::import::native::NativeScores;
use stepscope_core::labels::{Corpus, LabelSource, Panel, Voice, disputed_steps, scores_of};
use stepscope_core::model::{AnnotatorId, ScoreKind, StepIndex, Trace};
use stepscope_core::query::InData;
use stepscope_core::scoring::ScoreBook;

use super::{OpenTrace, Project};

/// So many of them are shown where none was chosen.
const USUAL: usize = 6;

/// Where a score of these kinds falls below this, the step is taken for bad.
const THRESHOLD: f64 = 0.5;

/// Which label sources are compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourcesState {
    /// Those that were chosen; `None` for the usual ones.
    pub chosen: Option<Vec<LabelSource>>,
    /// What there is to choose from, and the state of the project in which that was found.
    pub offered: Option<(OfferedOf, Vec<LabelSource>)>,
    /// What the user stopped working out.
    pub stopped: Option<super::survey::AskedAgreement>,
}

/// What the choice of sources depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferedOf {
    /// Which state of the tables.
    pub generation: u64,
    /// How many traces.
    pub traces: usize,
    /// How many scorers scored here.
    pub scorers: usize,
    /// How many others have labelled.
    pub others: usize,
    /// The annotator has said something.
    pub own: bool,
}

/// The dialog that chooses sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcesDraft {
    /// What was typed to add further ones.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
    /// Position of the selected entry.
    pub selected: usize,
}

/// What the panels ask of label sources.
#[derive(Clone, Debug, PartialEq)]
pub enum SourcesRequest {
    /// Compare these; `None` for the usual ones.
    Choose(Option<Vec<LabelSource>>),
    /// Add those of a list, as it was typed.
    Add(String),
    /// List the traces on which these two differ, most at stake first.
    ListDisputed(LabelSource, LabelSource),
}

impl SourcesState {
    /// The sources that are compared; `None` where it is not known yet what there is.
    pub fn in_use(&self) -> Option<&[LabelSource]> {
        let usual = || self.offered.as_ref().map(|(_, offered)| usual(offered));
        self.chosen.as_deref().or_else(usual)
    }

    /// All that can be chosen with a click: what there is, and what was typed.
    pub fn listed(&self) -> Vec<LabelSource> {
        let mut listed: Vec<LabelSource> =
            self.offered.as_ref().map(|(_, offered)| offered.clone()).unwrap_or_default();
        for source in self.chosen.iter().flatten() {
            if !listed.contains(source) {
                listed.push(source.clone());
            }
        }
        listed
    }
}

/// The sources that are compared where none was chosen.
pub fn usual(offered: &[LabelSource]) -> &[LabelSource] {
    offered.get(..USUAL).unwrap_or(offered)
}

/// Who scored here, and of what kind the scores are.
pub fn scorers(book: &ScoreBook) -> Vec<(String, ScoreKind)> {
    book.scorers().into_iter().map(|scorer| (scorer.name, scorer.kind)).collect()
}

/// What there is to compare: annotators with labels, `own` first, then sources of labels in the data, then scorers whose
/// scores tell right from wrong at one half.
pub fn offered(corpus: &dyn Corpus, own: &str, scorers: &[(String, ScoreKind)], in_data: &InData) -> Vec<LabelSource> {
    let mut annotators: Vec<AnnotatorId> = corpus.annotators();
    annotators.retain(|by| corpus.has_labels(by));
    annotators.sort_by_key(|by| (by.as_str() != own, by.clone()));
    let tells = |kind: ScoreKind| kind.is_unit() && kind.is_quality();
    let others = in_data.scorers.iter().filter(|(name, _)| !scorers.iter().any(|(known, _)| known == name));
    let telling = scorers.iter().chain(others).filter(|(_, kind)| tells(*kind)).map(|(name, _)| name.clone());
    let own = annotators.into_iter().map(|by| LabelSource::Own(Some(by.as_str().to_owned())));
    let data = in_data.sources.iter().cloned().map(|name| LabelSource::Imported(Some(name)));
    let scorers = telling.map(|name| LabelSource::Scorer { name, threshold: THRESHOLD });
    own.chain(data).chain(scorers).collect()
}

/// What sources say of one trace, as its source has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SideVoices {
    /// The sources.
    pub sources: Vec<LabelSource>,
    /// What each of them says.
    pub voices: Vec<Voice>,
    /// The steps on which they differ, in order.
    pub differ: Vec<StepIndex>,
    /// How many steps some source rates.
    pub rated: usize,
}

impl SideVoices {
    /// Asks them. The error is a sentence for the user.
    pub fn new(sources: &[LabelSource], corpus: &dyn Corpus, trace: &Trace) -> Result<Self, String> {
        let panel = Panel::new(sources, corpus).map_err(|error| error.to_string())?;
        let voices = panel.voices(trace);
        let is_rated = |step: &usize| voices.iter().any(|voice| matches!(voice.said.ratings.get(*step), Some(Some(_))));
        let rated = (0..trace.steps.len()).filter(is_rated).count();
        Ok(Self { sources: panel.sources(), differ: disputed_steps(trace, &voices), voices, rated })
    }

    /// The positions on the shown path of the steps on which they differ.
    pub fn positions<'a>(&'a self, open: &'a OpenTrace) -> impl DoubleEndedIterator<Item = usize> + 'a {
        (0..open.path.len()).filter(move |at| open.in_source(*at).is_some_and(|step| self.differs(step)))
    }

    /// True where they differ on that step of the source.
    pub fn differs(&self, step: StepIndex) -> bool {
        self.differ.binary_search(&step).is_ok()
    }
}

/// The open trace with all that was said of it, as a corpus of one.
pub struct OpenCorpus<'a> {
    trace: &'a Trace,
    /// Of the whole project, so that the same annotators make a consensus in each trace.
    annotators: Vec<(AnnotatorId, Arc<Annotations>)>,
    book: &'a ScoreBook,
    /// Gathered once, for however many scorers are asked.
    scores: OnceLock<Vec<NativeScores>>,
}

impl<'a> OpenCorpus<'a> {
    /// The open trace as its source has it.
    pub fn new(project: &'a Project, open: &'a OpenTrace) -> Self {
        let own = (project.log.annotator().clone(), project.log.snapshot());
        let others = project.others.iter().map(|(name, said)| (name.clone(), Arc::clone(said)));
        let annotators = std::iter::once(own).chain(others).collect();
        Self { trace: open.source(), annotators, book: &project.scores, scores: OnceLock::new() }
    }
}

impl Corpus for OpenCorpus<'_> {
    fn len(&self) -> usize {
        1
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        if row == 0 { Ok(self.trace.clone()) } else { Err("there is only one trace".into()) }
    }

    fn logs(&self) -> &[(AnnotatorId, Arc<Annotations>)] {
        &self.annotators
    }

    fn scores(&self, trace: &Trace) -> Vec<NativeScores> {
        self.scores.get_or_init(|| scores_of(self.book, trace, None)).clone()
    }
}

#[cfg(test)]
mod tests {
    use stepscope_core::model::{ImportedScore, ImportedValue, Problem, TraceBuilder};

    use super::*;

    struct One(Trace);

    impl Corpus for One {
        fn len(&self) -> usize {
            1
        }

        fn trace(&self, _: u32) -> Result<Trace, String> {
            Ok(self.0.clone())
        }

        fn annotators(&self) -> Vec<AnnotatorId> {
            ["ann", "zoe"].map(AnnotatorId::new).to_vec()
        }

        fn has_labels(&self, _: &AnnotatorId) -> bool {
            true
        }
    }

    fn one() -> One {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).thought("a").thought("b").thought("c");
        for (name, kind) in [("mc", ScoreKind::Value), ("length", ScoreKind::Count)] {
            for (step, value) in (0..).zip([0.9, 0.8, 0.1]) {
                builder.trace_mut().scores.push(ImportedScore { step: Some(step), name: name.into(), kind, value });
            }
        }
        builder.label(Some(1), ImportedValue::FirstError, "human", "label", "1");
        builder.label(None, ImportedValue::Tag, "topic", "tag", "algebra");
        One(builder.build())
    }

    #[test]
    fn everyone_who_judges_steps_is_offered() {
        let scorers = [("prm".to_owned(), ScoreKind::Correctness), ("gain".to_owned(), ScoreKind::Progress)];
        let in_data = InData {
            sources: vec!["human".into()],
            is_shared: false,
            scorers: vec![("mc".into(), ScoreKind::Value), ("length".into(), ScoreKind::Count)],
        };
        let found = offered(&one(), "zoe", &scorers, &in_data);
        let names: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["own:zoe", "own:ann", "imported:human", "scorer:prm@0.5", "scorer:mc@0.5"]);
    }

    #[test]
    fn what_was_chosen_counts_before_what_is_usual() {
        let many: Vec<LabelSource> = (0..9).map(|n| LabelSource::Imported(Some(n.to_string()))).collect();
        let mut state = SourcesState::default();
        assert_eq!(state.in_use(), None);
        state.offered = Some((OfferedOf::default(), many.clone()));
        assert_eq!(state.in_use(), many.get(..6));
        let typed: LabelSource = "consensus:all(imported:1,imported:2)".parse().unwrap();
        state.chosen = Some(vec![many[8].clone(), typed.clone()]);
        assert_eq!(state.in_use(), state.chosen.as_deref());
        assert_eq!(state.listed().last(), Some(&typed), "what was typed can be taken out again");
        assert_eq!(state.listed().len(), 10);
    }

    #[test]
    fn sources_differ_where_ratings_or_first_errors_do() {
        let one = one();
        let sources = ["imported:human", "scorer:mc@0.5"].map(|source| source.parse().unwrap());
        let side = SideVoices::new(&sources, &one, &one.0).unwrap();
        // The data say step 2, the scores step 3, of which the data say nothing.
        assert_eq!((side.differ.as_slice(), side.rated), ([1, 2].as_slice(), 3));
        let open = OpenTrace::new(0, one.0.clone());
        assert_eq!(side.positions(&open).collect::<Vec<_>>(), [1, 2]);
        let nobody = ["own:eve".parse().unwrap()];
        assert!(SideVoices::new(&nobody, &one, &one.0).unwrap_err().contains("no annotator `eve`"));
    }
}
