//! Owner and worker together, in memory and as processes.

mod deaths;
mod documented;
mod encode;
mod pool;

use std::io::{BufRead as _, BufReader, PipeReader, PipeWriter, Write as _, pipe};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::job::{Job, JobContext, JobError, Outcome, Wake};
use crate::scoring::*;

const DEVICE: &str = r#"{"asked":"auto","used":"cpu","reason":"r"}"#;

fn quiet() -> Wake {
    Arc::new(|| {})
}

fn here() -> JobContext {
    JobContext::foreground(None)
}

fn tree(text: &str) -> TreeText {
    let steps = vec![StepText { parent: None, text: text.into() }, StepText { parent: Some(0), text: "so".into() }];
    TreeText { id: text.into(), steps, ..TreeText::default() }
}

/// A worker on a thread, with the raw ends of its pipes.
fn raw_worker(factory: impl ScorerFactory + Send + 'static) -> (PipeWriter, PipeReader, thread::JoinHandle<()>) {
    let (requests, to_worker) = pipe().unwrap();
    let (from_worker, replies) = pipe().unwrap();
    let body = move || {
        let mut factory = factory;
        serve(requests, replies, &mut factory).unwrap();
    };
    (to_worker, from_worker, thread::Builder::new().spawn(body).unwrap())
}

fn in_memory(factory: impl ScorerFactory + Send + 'static) -> WorkerClient {
    let (requests, replies, _) = raw_worker(factory);
    let mut client = WorkerClient::over(replies, requests).unwrap();
    assert!(!client.hello(&here()).unwrap().device.reason.is_empty());
    client
}

fn fake(behaviour: FakeBehaviour) -> FakeFactory {
    FakeFactory::new(behaviour)
}

fn wait<T: Send + 'static>(job: &mut Job<T>) -> Outcome<T> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(outcome) = job.poll() {
            return outcome;
        }
        assert!(Instant::now() < deadline, "the job did not end");
        thread::sleep(Duration::from_millis(2));
    }
}

/// This test binary as a worker. The last argument says how it behaves.
fn this_binary(behaviour: &str) -> Launch {
    let test = "scoring::worker::tests::as_worker";
    let args = ["--exact", test, "--ignored", "--nocapture", behaviour];
    Launch::new(std::env::current_exe().unwrap(), args)
}

#[test]
#[ignore = "is the worker process of other tests"]
fn as_worker() {
    let behaviour = std::env::args().next_back().unwrap().parse().unwrap();
    // The test runner may have left its line open.
    std::io::stdout().write_all(b"\n").unwrap();
    std::io::stderr().write_all(b"\xff not UTF-8\na word from the worker\n").unwrap();
    serve(std::io::stdin(), std::io::stdout(), &mut fake(behaviour)).unwrap();
}

#[test]
fn a_worker_loads_and_scores() {
    let mut client = in_memory(fake(FakeBehaviour::Prompt));
    let early = client.score_one(&tree("x"), &here(), &mut |_| {}).unwrap_err();
    assert!(early.to_string().contains("no model is loaded"), "{early}");
    let info = client.load(&ModelSource::default(), &here()).unwrap();
    assert_eq!(info.name, "fake");
    let direct = score_one(&mut FakeScorer::new(FakeBehaviour::Prompt), &tree("x")).unwrap();
    assert_eq!(client.score_one(&tree("x"), &here(), &mut |_| {}).unwrap(), direct);
}

#[test]
fn a_real_model_gives_the_same_scores_through_a_worker() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests-data/scoring/qwen2_prm");
    let factory = || ModelFactory::new(DeviceKind::Cpu, ScoreCache::in_memory()).unwrap();
    let source = ModelSource { folder: folder.into(), ..ModelSource::default() };
    let mut scorer = factory().open(&source, &mut |_| Ok(())).unwrap();
    let direct = score_one(&mut scorer, &tree("1+1=2")).unwrap();
    let mut client = in_memory(factory());
    let missing = ModelSource { folder: "no/such".into(), ..ModelSource::default() };
    assert_eq!(client.load(&missing, &here()).unwrap_err().to_string(), "no model folder: no/such");
    let info = client.load(&source, &here()).unwrap();
    assert_eq!((info.name.as_str(), info.recipe.as_str()), ("qwen2_prm", "qwen2.5-math-prm"));
    let found = client.score_one(&tree("1+1=2"), &here(), &mut |_| {}).unwrap();
    assert_eq!(found, direct, "not one digit is lost on the way");
}

#[test]
fn lines_that_make_no_sense_are_refused() {
    let (mut requests, replies, worker) = raw_worker(fake(FakeBehaviour::Prompt));
    let mut lines = BufReader::new(replies).lines();
    let mut reply = || serde_json::from_str::<Reply>(&lines.next().unwrap().unwrap()).unwrap();
    assert!(matches!(reply(), Reply::Hello { protocol: PROTOCOL, .. }));
    for (line, of) in [("nonsense", 0), (r#"{"kind":"dance","id":7}"#, 7)] {
        writeln!(requests, "{line}").unwrap();
        assert!(matches!(reply(), Reply::Failed { id, error: WorkerError::BadRequest(_) } if id == of));
    }
    writeln!(requests, r#"{{"kind":"load","id":8,"folder":"m","colour":"red"}}"#).unwrap();
    assert!(matches!(reply(), Reply::Loaded { id: 8, .. }), "unknown fields are ignored");
    writeln!(requests, r#"{{"kind":"score","id":9,"trees":[]}}"#).unwrap();
    assert_eq!(reply(), Reply::Finished { id: 9 });
    writeln!(requests, r#"{{"kind":"bye"}}"#).unwrap();
    assert!(matches!(reply(), Reply::Bye { .. }));
    worker.join().unwrap();
}

#[test]
fn a_worker_stops_when_its_owner_is_gone() {
    let (mut requests, replies, worker) = raw_worker(fake(FakeBehaviour::Slow(60_000)));
    writeln!(requests, r#"{{"kind":"load","id":1,"folder":"m"}}"#).unwrap();
    let score = Request::Score { id: 2, trees: vec![tree("x")] };
    writeln!(requests, "{}", serde_json::to_string(&score).unwrap()).unwrap();
    let mut lines = BufReader::new(replies).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("progress")), "it is at work");
    drop(requests);
    worker.join().unwrap();
}

#[test]
fn a_worker_at_work_leaves_when_told_goodbye() {
    let (mut requests, replies, worker) = raw_worker(fake(FakeBehaviour::Slow(60_000)));
    for request in [
        Request::Load { id: 1, source: Box::default() },
        Request::Score { id: 2, trees: vec![tree("x")] },
        Request::Score { id: 3, trees: vec![tree("y")] },
        Request::Bye,
    ] {
        writeln!(requests, "{}", serde_json::to_string(&request).unwrap()).unwrap();
    }
    let said: Vec<String> = BufReader::new(replies).lines().map(Result::unwrap).collect();
    assert!(said.last().unwrap().contains("bye") && !said.iter().any(|line| line.contains("\"id\":3")), "{said:?}");
    worker.join().unwrap();
}

#[test]
fn a_worker_that_leaves_says_why() {
    let (from_worker, mut replies) = pipe().unwrap();
    let (_requests, to_worker) = pipe().unwrap();
    writeln!(replies, r#"{{"kind":"hello","protocol":2,"version":"9","device":{DEVICE}}}"#).unwrap();
    writeln!(replies, r#"{{"kind":"bye","reason":"the time of the job is up"}}"#).unwrap();
    let mut client = WorkerClient::over(from_worker, to_worker).unwrap();
    client.hello(&here()).unwrap();
    let error = client.load(&ModelSource::default(), &here()).unwrap_err().to_string();
    assert!(error.contains("left: the time of the job is up"), "{error}");
}

#[test]
fn greetings_are_checked() {
    let check = |said: &str, expected: &str| {
        let (from_worker, mut replies) = pipe().unwrap();
        let (_requests, to_worker) = pipe().unwrap();
        replies.write_all(b"caf\xe9\r\n").unwrap();
        replies.write_all(said.as_bytes()).unwrap();
        drop(replies);
        let mut client = WorkerClient::over(from_worker, to_worker).unwrap();
        match client.hello(&here()) {
            Ok(greeting) => assert_eq!(greeting.version, expected),
            Err(error) => assert!(error.to_string().contains(expected), "{error}"),
        }
    };
    let hello =
        |protocol: u32| format!(r#"{{"kind":"hello","protocol":{protocol},"version":"9","device":{DEVICE},"x":1}}"#);
    check(&format!("Welcome to node 7\n{{}}\n{}\n", hello(PROTOCOL)), "9");
    check(&format!("{}\n", hello(PROTOCOL + 1)), "speaks protocol");
    check("Permission denied\n", "Permission denied");
    check("", "the connection was closed");
}

#[test]
fn cancelling_leaves_a_usable_worker() {
    let mut client = in_memory(fake(FakeBehaviour::Slow(60_000)));
    client.load(&ModelSource::default(), &here()).unwrap();
    let (sender, back) = std::sync::mpsc::channel();
    let (alive, sign_of_life) = std::sync::mpsc::channel();
    let mut job = Job::spawn("score", quiet(), move |context| {
        let result = client.score_one(&tree("x"), context, &mut |_| _ = alive.send(()).ok());
        sender.send((result, client)).ok();
        Ok(())
    })
    .unwrap();
    sign_of_life.recv().unwrap();
    job.cancel();
    assert!(matches!(wait(&mut job), Outcome::Done(())));
    let (result, mut client) = back.recv().unwrap();
    assert!(matches!(result, Err(ScoringError::Cancelled)), "{result:?}");
    assert!(client.load(&ModelSource::default(), &here()).is_ok());
}

#[test]
fn a_lost_worker_is_explained() {
    let check = |behaviour: &str, expected: &str| {
        let mut client = WorkerClient::start(&this_binary(behaviour)).unwrap();
        client.hello(&here()).unwrap();
        client.load(&ModelSource::default(), &here()).unwrap();
        assert!(client.score_one(&tree("x"), &here(), &mut |_| {}).is_ok());
        let error = client.score_one(&tree("y"), &here(), &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("a word from the worker"), "{error}");
        let again = client.score_one(&tree("y"), &here(), &mut |_| {}).unwrap_err().to_string();
        assert_eq!(again, error, "it stays lost, for the same reason");
    };
    check("exit-after:1", "exit status 3");
    #[cfg(unix)]
    check("abort-after:1", "killed by signal 6");
    let missing = Launch { program: "no-such-program".into(), args: Vec::new() };
    let error = WorkerClient::start(&missing).err().unwrap().to_string();
    assert!(error.contains("cannot be started") && error.ends_with("no-such-program"), "{error}");
}

#[test]
fn a_silent_worker_is_ended() {
    let mut client = WorkerClient::start(&this_binary("stall")).unwrap();
    client.hello(&here()).unwrap();
    client.load(&ModelSource::default(), &here()).unwrap();
    let mut job = Job::spawn("score", quiet(), move |context| {
        let result = client.score_one(&tree("x"), context, &mut |_| {});
        assert!(matches!(result, Err(ScoringError::Cancelled)), "{result:?}");
        assert_eq!(client.process_id(), None, "the process is gone");
        Ok(())
    })
    .unwrap();
    thread::sleep(Duration::from_millis(100));
    let asked = Instant::now();
    job.cancel();
    let outcome = wait(&mut job);
    assert!(matches!(outcome, Outcome::Done(())), "{outcome:?}");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

/// Panics at the first trace, once per loaded model; or says that memory ran out.
struct Nervous {
    memory: bool,
    device: DeviceChoice,
    loads: u32,
}

struct NervousScorer(bool, ScorerInfo);

impl ScorerFactory for Nervous {
    fn device(&self) -> &DeviceChoice {
        &self.device
    }

    fn load(&mut self, _: &ModelSource, _: Watch<'_>) -> Result<Box<dyn StepScorer>, ScoringError> {
        self.loads += 1;
        Ok(Box::new(NervousScorer(self.memory, ScorerInfo { name: self.loads.to_string(), ..ScorerInfo::default() })))
    }
}

impl StepScorer for NervousScorer {
    fn info(&self) -> &ScorerInfo {
        &self.1
    }

    fn score(&mut self, _: &[TreeText], _: &mut dyn Listener) -> Result<(), ScoringError> {
        if self.0 {
            return Err(ScoringError::OutOfMemory {
                doing: "scoring a text",
                detail: "CUDA_ERROR_OUT_OF_MEMORY".into(),
            });
        }
        panic!("I cannot");
    }
}

#[test]
fn errors_keep_their_kind() {
    let device = DeviceChoice { reason: "a test".into(), ..DeviceChoice::default() };
    let mut client = in_memory(Nervous { memory: true, device: device.clone(), loads: 0 });
    client.load(&ModelSource::default(), &here()).unwrap();
    for _ in 0..2 {
        let error = client.score_one(&tree("x"), &here(), &mut |_| {}).unwrap_err();
        assert!(matches!(error, ScoringError::Worker(WorkerError::OutOfMemory(_))), "{error:?}");
    }
    let mut client = in_memory(Nervous { memory: false, device, loads: 0 });
    client.load(&ModelSource::default(), &here()).unwrap();
    let error = client.score_one(&tree("x"), &here(), &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "internal error: I cannot");
    let error = client.score_one(&tree("x"), &here(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("no model is loaded"), "{error}");
    assert_eq!(client.load(&ModelSource::default(), &here()).unwrap().name, "2");
}
