//! Sentence encoders through a worker: the same vectors as without one, errors in words, and the wish to stop.

use std::path::Path;

use super::*;

fn folder(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests-data/encoders").join(name).to_string_lossy().into_owned()
}

fn factory() -> ModelFactory {
    ModelFactory::new(DeviceKind::Cpu, ScoreCache::in_memory()).unwrap()
}

#[test]
fn a_worker_gives_the_vectors_that_the_model_gives() {
    let texts: Vec<String> = ["So x = 5.", "ok", "By Pythagoras the hypotenuse is 5."].map(String::from).to_vec();
    let mut here_too = factory().open_encoder(&folder("mpnet"), &mut |_| Ok(())).unwrap();
    let expected = here_too.encode(&texts, &mut |_| Ok(())).unwrap();
    let mut encoder = WorkerEncoder::over(in_memory(factory()), &folder("mpnet"), &here()).unwrap();
    assert_eq!(encoder.info(), here_too.info());
    let mut told = 0;
    let found = encoder.encode(&texts, &mut |_| {
        told += 1;
        Ok(())
    });
    assert_eq!(found.unwrap(), expected);
    assert_eq!(encoder.encode(&[], &mut |_| Ok(())).unwrap(), Vec::<Vec<f32>>::new());
}

#[test]
fn what_cannot_be_encoded_is_told() {
    let error = WorkerEncoder::over(in_memory(factory()), "/no/such/encoder", &here()).err().unwrap().to_string();
    assert!(error.contains("no sentence encoder \"/no/such/encoder\""), "{error}");
    let scorer = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests-data/scoring/qwen2_prm");
    let error = WorkerEncoder::over(in_memory(factory()), &scorer.to_string_lossy(), &here()).err().unwrap();
    assert!(error.to_string().contains("it is no sentence encoder"), "{error}");
    let error = WorkerEncoder::over(in_memory(fake(FakeBehaviour::Prompt)), &folder("bert"), &here()).err().unwrap();
    assert!(error.to_string().contains("runs no sentence encoders"), "{error}");
    // Without one, a worker refuses and goes on.
    let (mut to_worker, replies, worker) = raw_worker(factory());
    writeln!(to_worker, r#"{{"kind":"encode","id":1,"texts":["a"]}}"#).unwrap();
    let mut lines = BufReader::new(replies).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("hello"));
    assert!(lines.next().unwrap().contains("no encoder is loaded"));
    writeln!(to_worker, r#"{{"kind":"bye"}}"#).unwrap();
    worker.join().unwrap();
}

#[test]
fn encoding_in_a_worker_stops_when_asked() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (ready, loaded) = std::sync::mpsc::channel::<()>();
    let mut job = Job::spawn("encode", quiet(), move |ctx| {
        let encoder = WorkerEncoder::over(in_memory(factory()), &folder("bert"), ctx);
        let mut encoder = encoder.map_err(|error| JobError::from_error(&error))?;
        ready.send(()).ok();
        wait.recv().ok();
        let stopped = encoder.encode(&["a".to_owned()], &mut |_| Ok(()));
        assert!(matches!(stopped, Err(ScoringError::Cancelled)), "{stopped:?}");
        ctx.checkpoint()
    })
    .unwrap();
    loaded.recv().unwrap();
    job.cancel();
    go.send(()).unwrap();
    assert!(matches!(super::wait(&mut job), Outcome::Cancelled));
}
