//! Nothing that a file may hold makes an import panic.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_bytes("x", bytes).0.ok();
    }

    #[test]
    fn no_json_like_text_makes_it_panic(text in r#"([\[\]{},:/*\\ \n\r"+-]|null|NaN|1|"role":|"content":|"steps":|"problem":|"a"|ки|true){0,60}"#) {
        read_bytes("x", text).0.ok();
    }

    #[test]
    fn a_file_cut_anywhere_never_panics(row in 0..7_usize, cut in 0.0..1.0_f64, flip in any::<u8>()) {
        let rows = [
            bench(1), json!({"messages": conversation()}), conversation(),
            json!({"input": "Q? Step 1: a ки\nb ки", "label": "Q? Step 1: a +\nb -"}),
            json!({"question": {"problem": "p"}, "label": {"steps": [{"completions": [candidate("a", 1)]}]}}),
            json!({"question": "q", "reasoning_steps": [{"solution_prefix": "qa", "mc_value": 1}]}),
            json!([bench(0), bench(-1)]),
        ];
        let mut bytes = rows[row].to_string().into_bytes();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a short length")]
        let at = (cut * bytes.len() as f64) as usize;
        read_bytes("x", &bytes[..at]).0.ok();
        bytes[at] ^= flip;
        read_bytes("x", &bytes).0.ok();
    }

    #[test]
    fn natural_json_of_any_type_never_panics(
        keys in prop::collection::hash_map("problem|steps|label|labels|messages|question|reasoning_steps|input|schema|completions|prompt|scores", 0..8_usize, 0..6),
    ) {
        let values = [json!(null), json!([]), json!({}), json!("ки"), json!(-1), json!([null, 1, "a", {"text": "x"}]),
            json!({"problem": "p", "steps": [null, {"completions": [{}]}], "text": "t", "children": [{}]}), json!([{"role": "assistant", "content": [{}]}])];
        let row: HashMap<&str, &serde_json::Value> = keys.iter().map(|(key, value)| (key.as_str(), &values[*value])).collect();
        let row = json!(row);
        read_bytes("x", row.to_string()).0.ok();
        for importer in importers() {
            importer.read_row(row.clone(), &Sample::default()).ok();
        }
    }

    #[test]
    fn no_container_makes_it_panic(start in 0..14_usize, bytes in prop::collection::vec(any::<u8>(), 0..600), tail in 0..3_usize) {
        let starts: [&[u8]; 14] = [b"PK\x03\x04", b"PK\x05\x06", b"PAR1", b"ARROW1\0\0", b"\xFF\xFF\xFF\xFF\x10\0\0\0", b"\x1F\x8B\x08\0",
            b"\x28\xB5\x2F\xFD", b"%YAML", b"a,b\n", b"{\"a\":{\"0\":", b"{\"a\":[", b"[[", b"\xFF\xFE", b"BZh"];
        let tails: [&[u8]; 3] = [b"", b"PAR1", b"PK\x05\x06\0\0\0\0\x02\0\x02\0\x60\0\0\0\0\0\0\0\0\0"];
        read_bytes("x", [starts[start], &bytes, tails[tail]].concat()).0.ok();
    }

    #[test]
    fn a_damaged_container_never_panics(kind in 0..5_usize, cut in 0.0..1.0_f64, flips in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 0..6)) {
        let mut bytes = super::containers::samples()[kind].clone();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a short length")]
        let at = |part: f64| (part * bytes.len() as f64) as usize;
        let places: Vec<usize> = flips.iter().map(|(part, _)| at(*part)).collect();
        let cut = at(cut);
        for (place, (_, flip)) in places.into_iter().zip(&flips) {
            bytes[place] ^= flip;
        }
        read_bytes("x", &bytes).0.ok();
        read_bytes("x", &bytes[..cut]).0.ok();
    }
}

/// Also where a file has rows of other shapes among those that make a trace.
#[test]
fn any_row_may_follow_those_of_a_trace() {
    for importer in importers() {
        for row in [json!(null), json!(1), json!([]), json!({}), json!([null])] {
            importer.continues(std::slice::from_ref(&row), &json!(null));
            importer.continues(&[json!({"id": 1})], &row);
        }
    }
}

/// As deep as a row may be, below keys that trees and messages nest in, on a stack of usual size.
#[test]
#[ignore = "takes long"]
fn deep_rows_fit_on_the_stack() {
    let deep = |base: &serde_json::Value, key: &str| {
        let mut row = base.clone();
        for _ in 0..250 {
            let mut around = base.clone();
            around[key] = json!([row]);
            row = around;
        }
        row
    };
    let read = move || {
        for importer in importers() {
            let needs = importer.needs().iter().filter_map(|group| group.first());
            let base: HashMap<&str, &str> = needs.map(|key| (*key, "a")).collect();
            for key in ["children", "content", "child_runs"] {
                let row = deep(&json!(base), key);
                let sample = Sample { rows: vec![row.clone()], first_row: 1, ..Sample::default() };
                importer.recognise(&sample);
                importer.read_attachments(row.clone(), &sample).ok();
                importer.read_row(row, &sample).ok();
            }
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(read).unwrap().join().unwrap();
}
