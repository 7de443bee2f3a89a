//! Sentence encoders in another process: both sides of loading one and of asking for vectors.

use std::io::Write;

use super::protocol::{Reply, Request, RequestId};
use super::serve::Worker;
use super::{Launch, WorkerClient};
use crate::job::{JobContext, Progress};
use crate::scoring::{EncoderInfo, Listener, ScorerFactory, ScoringError, TextEncoder, Watch, WorkerError};

impl<W: Write> Worker<W> {
    /// Answers a wish to load one.
    pub(super) fn load_encoder(
        &mut self,
        id: RequestId,
        folder: &str,
        factory: &mut dyn ScorerFactory,
    ) -> Option<Box<dyn TextEncoder>> {
        let load =
            |listener: &mut dyn Listener| factory.load_encoder(folder, &mut |progress| listener.progress(progress));
        self.loaded(id, load, |encoder| Reply::EncoderLoaded { id, encoder: encoder.info().clone() })
    }

    /// Answers a wish for vectors. False where the encoder must not be used again.
    pub(super) fn encode(
        &mut self,
        id: RequestId,
        texts: &[String],
        encoder: Option<&mut (dyn TextEncoder + 'static)>,
    ) -> bool {
        let Some(encoder) = encoder else {
            self.say(&Reply::Failed { id, error: WorkerError::BadRequest("no encoder is loaded".into()) });
            return true;
        };
        let encode = |listener: &mut dyn Listener| encoder.encode(texts, &mut |progress| listener.progress(progress));
        self.used(id, encode, |vectors| Some(Reply::Encoded { id, vectors }))
    }
}

/// An encoder in a worker of its own. Dropping it ends the worker.
pub struct WorkerEncoder {
    client: WorkerClient,
    info: EncoderInfo,
    /// Whose wish to stop is heard.
    context: JobContext,
}

impl WorkerEncoder {
    /// Starts a worker and loads the encoder of a folder.
    pub fn start(launch: &Launch, folder: &str, context: &JobContext) -> Result<Self, ScoringError> {
        let mut client = WorkerClient::start(launch)?;
        client.hello(context)?;
        Self::over(client, folder, context)
    }

    /// Loads the encoder of a folder in a worker that has said hello.
    pub fn over(mut client: WorkerClient, folder: &str, context: &JobContext) -> Result<Self, ScoringError> {
        context.report(Progress { note: "Loading the encoder".into(), ..Progress::default() });
        let id = client.send(|id| Request::LoadEncoder { id, folder: folder.into() })?;
        let mut loaded = None;
        client.converse(id, context, &mut |reply| {
            if let Reply::EncoderLoaded { encoder, .. } = reply {
                loaded = Some(encoder);
            }
        })?;
        match loaded {
            Some(info) => Ok(Self { client, info, context: context.clone() }),
            None => Err(client.give_up("the worker broke the protocol: it loaded no encoder".into())),
        }
    }
}

impl TextEncoder for WorkerEncoder {
    fn info(&self) -> &EncoderInfo {
        &self.info
    }

    fn encode(&mut self, texts: &[String], watch: Watch<'_>) -> Result<Vec<Vec<f32>>, ScoringError> {
        let id = self.client.send(|id| Request::Encode { id, texts: texts.to_vec() })?;
        let mut found = None;
        // The job whose context this is may have been stopped; who watches besides is asked at the end.
        let mut watched = Ok(());
        self.client.converse(id, &self.context, &mut |reply| match reply {
            Reply::Encoded { vectors, .. } => found = Some(vectors),
            Reply::Progress { done, total, note, .. } if watched.is_ok() => {
                watched = watch(Progress { done, total, note });
            }
            _ => {}
        })?;
        watched.map_err(ScoringError::stopped)?;
        let found = found
            .filter(|found| found.len() == texts.len() && found.iter().all(|vector| vector.len() == self.info.dims));
        found.ok_or_else(|| {
            self.client.give_up("the worker broke the protocol: its vectors do not fit the texts".into())
        })
    }
}
