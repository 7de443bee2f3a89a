//! Every family of encoders against sentence-transformers: texts in, vectors out; and what is wrong with folders.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::Device;
use serde::Deserialize;

use super::*;
use crate::job::JobError;

/// What is aimed at, for numbers of vectors of length 1.
const AIM: f32 = 1e-5;

#[derive(Deserialize)]
struct Expected {
    family: String,
    prompt: String,
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests-data/encoders")
}

/// The card in a build for cards.
fn device() -> Device {
    if cfg!(feature = "cuda") { Device::new_cuda(0).unwrap() } else { Device::Cpu }
}

fn load(folder: &Path) -> Result<Encoder, ScoringError> {
    Encoder::load(folder, &device(), &mut |_| Ok(()))
}

fn encode(encoder: &mut Encoder, texts: &[String]) -> Vec<Vec<f32>> {
    encoder.encode(texts, &mut |_| Ok(())).unwrap()
}

fn farthest(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().zip(b).flat_map(|(a, b)| {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b)
    });
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn every_family_gives_the_vectors_of_sentence_transformers() {
    let mut names: Vec<String> =
        fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut seen = 0;
    for name in names.iter().filter(|name| fixtures().join(name).is_dir()) {
        let folder = fixtures().join(name);
        let expected = fs::read(folder.join("expected.json")).unwrap();
        let Expected { family, prompt, texts, vectors } = serde_json::from_slice(&expected).unwrap();
        let mut encoder = load(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = encode(&mut encoder, &texts);
        let worst = farthest(&found, &vectors);
        println!("| {family} | `{name}` | {worst:.0e} |");
        assert!(worst <= AIM, "{name}: off by {worst}");
        let info = encoder.info();
        assert_eq!((&info.prompt, info.dims, &info.name), (&prompt, vectors[0].len(), name));
        // A text has the same vector alone and among others.
        let alone: Vec<Vec<f32>> =
            texts.iter().map(|text| encode(&mut encoder, std::slice::from_ref(text))[0].clone()).collect();
        assert!(farthest(&alone, &found) <= 1e-6, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 11, "{names:?}");
}

/// A copy of a folder, to break.
fn copy(name: &str) -> tempfile::TempDir {
    fn all(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let from = entry.unwrap().path();
            let to = to.join(from.file_name().unwrap());
            if from.is_dir() {
                all(&from, &to);
            } else {
                fs::copy(&from, &to).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    all(&fixtures().join(name), folder.path());
    folder
}

#[test]
fn what_is_wrong_with_a_folder_is_said_with_its_remedy() {
    let check = |name: &str, file: &str, text: Option<&str>, expected: &str| {
        let folder = copy(name);
        match text {
            Some(text) => fs::write(folder.path().join(file), text).unwrap(),
            None => fs::remove_file(folder.path().join(file)).unwrap(),
        }
        let error = load(folder.path()).err().map(|error| error.to_string()).unwrap_or_default();
        let place = folder.path().to_string_lossy().into_owned();
        assert!(error.contains(expected) && error.contains(&place), "{name} {file}: {error}");
    };
    check("bert", "config.json", None, "holds config.json, tokenizer.json and model.safetensors");
    check(
        "bert",
        "config.json",
        Some(r#"{"model_type":"t5"}"#),
        "\"t5\" are not supported; choose one of the types bert,",
    );
    check("bert", "tokenizer.json", None, "no tokenizer.json; save the model with a fast tokenizer");
    check("bert", "model.safetensors", None, "no model.safetensors");
    check(
        "bert",
        "modules.json",
        Some(r#"[{"type":"x.Transformer"},{"type":"x.CNN"}]"#),
        "the module CNN is not supported",
    );
    check("bert", "modules.json", Some(r#"[{"type":"x.Transformer","path":"../x"}]"#), "outside the folder");
    check("bert", "1_Pooling/config.json", Some(r#"{"pooling_mode":"best"}"#), "the pooling \"best\" is not supported");
    check("bert", "1_Pooling/config.json", None, "the encoder is incomplete");
    check("bert_dense", "2_Dense/config.json", Some("{}"), "does not describe a dense layer");
    check("qwen3", "modules.json", None, "so it is no sentence encoder");
    let folder = copy("bert");
    fs::rename(folder.path().join("model.safetensors"), folder.path().join("pytorch_model.bin")).unwrap();
    let error = load(folder.path()).err().unwrap().to_string();
    assert!(error.contains("save the model with a newer transformers"), "{error}");
    let none = load(&folder.path().join("none")).err().unwrap().to_string();
    assert!(none.contains("no folder of a sentence encoder"), "{none}");
}

#[test]
fn the_fingerprint_is_that_of_what_makes_the_vectors() {
    let first = load(&fixtures().join("bert")).unwrap().info().fingerprint.clone();
    let other = copy("bert");
    assert_eq!(load(other.path()).unwrap().info().fingerprint, first, "wherever it lies");
    fs::write(other.path().join("1_Pooling/config.json"), r#"{"pooling_mode":"cls"}"#).unwrap();
    let pooled = load(other.path()).unwrap().info().fingerprint.clone();
    fs::write(other.path().join("sentence_bert_config.json"), r#"{"max_seq_length":39}"#).unwrap();
    let shorter = load(other.path()).unwrap();
    assert_eq!(shorter.info().longest, 39);
    let all = [first, pooled, shorter.info().fingerprint.clone()];
    assert!(all[0] != all[1] && all[1] != all[2], "{all:?}");
}

#[test]
fn encoding_stops_when_asked() {
    let mut encoder = load(&fixtures().join("bert")).unwrap();
    let texts: Vec<String> = (1..200).map(|n| "so ".repeat(n)).collect();
    let mut calls = 0;
    let stopped = encoder.encode(&texts, &mut |progress| {
        calls += 1;
        if progress.done > 20 { Err(JobError::Cancelled) } else { Ok(()) }
    });
    assert!(matches!(stopped, Err(ScoringError::Cancelled)) && calls > 2, "{calls}");
}
