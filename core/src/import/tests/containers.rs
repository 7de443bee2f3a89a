//! Rows in archives, in compressed files, in tables, in objects and columns: whatever is around them, the same traces.

use std::io::Write as _;

use serde_json::{Value, json};

use super::*;

/// Rows of a known format.
fn row(n: u32) -> Value {
    json!({"problem": format!("p{n}"), "steps": ["a", format!("b{n}")]})
}

fn lines(numbers: impl IntoIterator<Item = u32>) -> String {
    let rows: Vec<String> = numbers.into_iter().map(|n| row(n).to_string() + "\n").collect();
    rows.concat()
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes.as_ref()).unwrap();
    writer.finish().unwrap()
}

fn zstd(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    zstd::encode_all(bytes.as_ref(), 1).unwrap()
}

/// A member of a ZIP archive, as it is written.
struct Member {
    name: &'static str,
    method: u16,
    packed: Vec<u8>,
    bytes: usize,
    crc: u32,
    flags: u16,
    large: bool,
}

fn member(name: &'static str, method: u16, content: impl AsRef<[u8]>) -> Member {
    let content = content.as_ref();
    let packed = match method {
        8 => {
            let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(content).unwrap();
            writer.finish().unwrap()
        }
        // Two frames, as large members are written.
        93 => [zstd(&content[..content.len() / 2]), zstd(&content[content.len() / 2..])].concat(),
        _ => content.to_vec(),
    };
    let mut crc = flate2::Crc::new();
    crc.update(content);
    Member { name, method, packed, bytes: content.len(), crc: crc.sum(), flags: 0, large: false }
}

fn zip(members: &[Member]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    let small = |n: usize| u32::try_from(n).unwrap();
    let short = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    for m in members {
        let at = file.len();
        let sizes = if m.large { [u32::MAX; 2] } else { [small(m.packed.len()), small(m.bytes)] };
        let numbers = [m.crc, sizes[0], sizes[1]].map(u32::to_le_bytes).concat();
        let common =
            [&m.flags.to_le_bytes()[..], &m.method.to_le_bytes(), &[0; 4], &numbers, &short(m.name.len())].concat();
        file.extend([&b"PK\x03\x04\x14\0"[..], &common, &[0; 2], m.name.as_bytes(), &m.packed].concat());
        let extra = if m.large {
            [&[1, 0, 16, 0][..], &(m.bytes as u64).to_le_bytes(), &(m.packed.len() as u64).to_le_bytes()].concat()
        } else {
            Vec::new()
        };
        let rest = [&short(extra.len())[..], &[0; 10], &small(at).to_le_bytes()].concat();
        directory.extend([&b"PK\x01\x02\x14\0\x14\0"[..], &common, &rest, m.name.as_bytes(), &extra].concat());
    }
    let (start, size, count) = (file.len(), directory.len(), members.len());
    file.extend(directory);
    if members.iter().any(|m| m.large) {
        let end = file.len();
        let numbers = [0, 0, count as u64, count as u64, size as u64, start as u64].map(u64::to_le_bytes).concat();
        file.extend([&b"PK\x06\x06\x2c\0\0\0\0\0\0\0"[..], &[0; 4], &numbers[8..]].concat());
        file.extend([&b"PK\x06\x07\0\0\0\0"[..], &(end as u64).to_le_bytes(), &[1, 0, 0, 0]].concat());
        file.extend([&b"PK\x05\x06"[..], &[0; 4], &[0xFF; 12], &[0; 2]].concat());
    } else {
        let sizes = [small(size), small(start)].map(u32::to_le_bytes).concat();
        file.extend([&b"PK\x05\x06"[..], &[0; 4], &short(count), &short(count), &sizes, &[0; 2]].concat());
    }
    file
}

fn tar(members: &[(&str, String)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // Past the crate's own check, which refuses names that lead out of the folder.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// The problems that were read, and where from.
fn problems(kept: &Kept) -> Vec<(String, String)> {
    let short = |file: &str| file.rsplit(['/', '\\']).next().unwrap().to_owned();
    kept.traces.iter().map(|(_, trace)| (trace.problem.text().to_string(), short(&trace.source.file))).collect()
}

#[test]
fn compressed_files_are_read_like_others() {
    for (name, bytes) in [
        ("a.jsonl.gz", gzip(lines(0..3))),
        ("members.gz", [gzip(lines(0..1)), gzip(lines(1..3))].concat()),
        ("a.jsonl.zst", zstd(lines(0..3))),
        ("frames.zst", [zstd(lines(0..2)), zstd(lines(2..3))].concat()),
        ("twice.gz", gzip(zstd(lines(0..3)))),
        ("list.json.gz", gzip(json!([row(0), row(1), row(2)]).to_string())),
    ] {
        let (report, kept) = read_bytes(name, &bytes);
        let report = report.unwrap();
        assert_eq!((report.counts.traces, report.counts.rejected), (3, 0), "{name}");
        assert_eq!(kept.sources[0].bytes, bytes.len() as u64, "{name}: as it is on disk");
        assert_eq!(kept.sources[0].sha256.len(), 64);
    }
    let whole = gzip(lines(0..3000));
    let (report, kept) = read_bytes("cut.jsonl.gz", &whole[..whole.len() / 2]);
    let report = report.unwrap();
    files::adds_up(&report.counts);
    assert!(report.counts.traces > 100 && report.counts.rejected == 1, "{report}");
    assert!(kept.rejects[0].reason.contains("could not be read to its end: cannot be unpacked"), "{:?}", kept.rejects);
}

#[test]
fn members_of_archives_are_read_like_files() {
    let zipped = zip(&[
        member("b/10.jsonl", 8, lines(3..4)),
        member("b/2.jsonl.gz", 0, gzip(lines(1..3))),
        member("a.json", 93, lines(0..1)),
        member("notes.txt", 0, "# Notes"),
        member("b/", 0, ""),
        member("__MACOSX/a.json", 0, "x"),
        member(".hidden.json", 0, "x"),
    ]);
    let mut large = member("a.jsonl", 8, lines(0..4));
    large.large = true;
    let tarred = tar(&[
        ("./a.json", lines(0..1)),
        ("b/2.jsonl", lines(1..3)),
        ("b/10.jsonl", lines(3..4)),
        ("notes.txt", "# Notes".into()),
    ]);
    for (name, bytes) in [
        ("x.zip", zipped.clone()),
        ("no name", zipped.clone()),
        ("zip64.zip", zip(&[large])),
        ("x.tar", tarred.clone()),
        ("x.tar.gz", gzip(&tarred)),
        ("x.tar.zst", zstd(&tarred)),
        ("x.zip.gz", gzip(&zipped)),
    ] {
        let (report, kept) = read_bytes(name, bytes);
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        files::adds_up(&report.counts);
        assert_eq!((report.counts.traces, report.counts.rejected), (4, 0), "{name}: {report}");
        let found = problems(&kept);
        assert_eq!(found.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(), ["p0", "p1", "p2", "p3"], "{name}");
        assert_eq!((kept.sources.len(), kept.sources[0].traces), (1, 4), "{name}: one file on disk");
        assert!(kept.traces[0].1.source.file.contains(&format!("{name}!")), "{:?}", found[0]);
    }
}

#[test]
fn a_bad_member_does_not_hide_the_others() {
    let mut wrong_sum = member("b.jsonl", 0, lines(1..2));
    wrong_sum.crc ^= 1;
    let mut locked = member("c.jsonl", 8, lines(0..1));
    locked.flags = 1;
    let archive = zip(&[
        member("a.jsonl", 8, lines(0..1)),
        wrong_sum,
        locked,
        member("d.jsonl", 12, "BZh"),
        member("e.jsonl", 8, ""),
        member("../../up.jsonl", 0, lines(2..3)),
        member("/abs.jsonl", 0, lines(3..4)),
        member("C:\\x\\win.jsonl", 0, lines(4..5)),
        member("twice.jsonl", 0, lines(5..6)),
        member("twice.jsonl", 0, lines(6..7)),
        member("inner.json.zip", 0, zip(&[member("x.jsonl", 0, lines(9..10))])),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    fs::write(&path, archive).unwrap();
    let mut kept = Kept::default();
    let report = read(&[path], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    files::adds_up(&report.counts);
    let texts: Vec<String> = problems(&kept).into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["p2", "p3", "p4", "p0", "p1", "p6"], "{report}");
    let reasons: Vec<&str> = kept.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    for (reason, part) in reasons.iter().zip(["checksum is wrong", "encrypted", "method 12", "empty"]) {
        assert!(reason.contains(part), "{reasons:#?}");
    }
    assert!(report.warnings.iter().any(|w| w.message.starts_with("1 members have the name of a later one")));
    assert!(report.warnings.iter().any(|w| w.message.contains("in another archive")), "{report}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written beside the archive");
}

#[test]
fn broken_archives_are_named_with_a_reason() {
    let good = zip(&[member("a.jsonl", 8, lines(0..50))]);
    for (name, bytes, part) in [
        ("cut.zip", good[..good.len() - 30].to_vec(), "no directory"),
        ("empty.zip", zip(&[]), "holds no files"),
        ("only notes.zip", zip(&[member("a.md", 0, "# a")]), "no row is JSON"),
        ("sevenfold.gz", gzip(gzip(gzip(lines(0..1)))), "more than twice"),
        ("a.bz2", b"BZh91AY".to_vec(), "bunzip2"),
        ("a.xz", b"\xFD7zXZ\0rest".to_vec(), "unxz"),
        ("a.db", b"SQLite format 3\0".to_vec(), "SQLite database"),
        ("a.parquet", b"PAR1 and no more".to_vec(), "the table cannot be read"),
        ("a.arrow", b"ARROW1\0\0 and no more".to_vec(), "the table cannot be read"),
    ] {
        let error = read_bytes(name, bytes).0.expect_err(name).to_string();
        assert!(error.contains(part) && error.contains(name), "{name}: {error}");
    }
    // A directory that claims more than there is asks for no memory.
    let mut forged = zip(&[member("a.jsonl", 8, lines(0..1))]);
    let end = forged.len() - 22;
    forged[end + 10..end + 12].copy_from_slice(&[0xFF, 0xFF]);
    assert!(read_bytes("forged.zip", forged).0.unwrap_err().to_string().contains("directory"));
}

#[test]
fn objects_columns_and_nested_lists_give_their_rows() {
    let keyed = json!({"k1": row(0), "k2": [row(1), row(2)]});
    let columns =
        json!({"problem": {"0": "p0", "1": "p1", "10": "p2"}, "steps": {"0": ["a"], "1": ["a"], "10": ["a"]}});
    let sparse = json!({"problem": {"0": "p0", "1": "p1", "2": "p2"}, "steps": {"2": ["a"], "0": ["a"], "1": ["a"]},
        "note": {"1": "x", "2": null}});
    let lists = json!({"problem": ["p0", "p1", "p2"], "steps": [["a"], ["a"], ["a"]]});
    let nested = json!([[row(0)], [row(1), row(2)]]);
    for (name, value) in
        [("keyed", keyed), ("columns", columns), ("sparse", sparse), ("lists", lists), ("nested", nested)]
    {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let (report, kept) = read_bytes(name, &text);
            let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((report.counts.traces, report.counts.rejected), (3, 0), "{name}: {report}");
            let texts: Vec<String> = problems(&kept).into_iter().map(|(text, _)| text).collect();
            assert_eq!(texts, ["p0", "p1", "p2"], "{name}");
            if name == "keyed" {
                let keys: Vec<&Value> = kept.traces.iter().map(|(_, trace)| &trace.metadata["_key"]).collect();
                assert_eq!(keys, ["k1", "k2", "k2"]);
            }
        }
    }
    let text = json!({"k1": row(0), "k2": row(1)}).to_string();
    let (report, kept) = read_bytes("cut keyed", format!("{}, \"k3\": {{", &text[..text.len() - 1]));
    assert_eq!((report.unwrap().counts.traces, kept.rejects.len()), (2, 1));
}

#[test]
fn sheets_hold_json_in_their_cells() {
    let comma = "id,problem,steps\n007,\"p, \"\"0\"\"\nq\",\"[\"\"a\"\", \"\"b\"\"]\"\n8,p1,\"[1]\"\n";
    let semicolon = "id;problem;steps\r\n007;\"p, \"\"0\"\"\nq\";\"[\"\"a\"\", \"\"b\"\"]\"\r\n8;p1;[1]\r\n";
    let tab = "id\tproblem\tsteps\n007\t\"p, \"\"0\"\"\nq\"\t\"[\"\"a\"\", \"\"b\"\"]\"\n8\tp1\t[1]";
    for (name, text) in [("a.csv", comma), ("no name", comma), ("b.csv", semicolon), ("c", tab), ("c.tsv", tab)] {
        let (report, kept) = read_bytes(name, text);
        assert_eq!(report.unwrap_or_else(|error| panic!("{name}: {error}")).counts.traces, 2, "{name}");
        let first = &kept.traces[0].1;
        assert_eq!((first.problem.text().as_ref(), texts(first)), ("p, \"0\"\nq", vec!["a", "b"]), "{name}");
        assert_eq!((first.source_id.as_deref(), kept.traces[1].1.source_id.as_deref()), (Some("007"), Some("8")));
    }
    let (report, kept) = read_bytes("cut.csv", "problem,steps\np,\"[1]\"\nq\nr,\"[2]\"\n");
    assert_eq!((report.unwrap().counts.traces, kept.rejects[0].row), (2, 2));
    assert!(kept.rejects[0].reason.contains("1 cells, but there are 2 columns"), "{:?}", kept.rejects);
    let error = read_bytes("other.tsv", "a\tb\n1\t2\n").0.unwrap_err().to_string();
    assert!(error.contains("`a`, `b`"), "{error}");
}

#[test]
fn yaml_documents_are_rows() {
    let one = "# c\nproblem: p0\nsteps:\n  - a\n  - |\n    b\n    c\n";
    for (name, text, count) in [
        ("a.yaml", one.to_owned(), 1),
        ("no name", one.to_owned(), 1),
        ("two.yml", format!("---\n{one}---\n{one}"), 2),
        ("list.yaml", "- {problem: p0, steps: [a, \"b\\nc\\n\"]}\n- {problem: p1, steps: [a]}\n".to_owned(), 2),
    ] {
        let (report, kept) = read_bytes(name, text);
        assert_eq!(report.unwrap_or_else(|error| panic!("{name}: {error}")).counts.traces, count, "{name}");
        assert_eq!(texts(&kept.traces[0].1), ["a", "b\nc\n"], "{name}");
    }
    let line = |n: u32| format!("a{}: &a{} [{}]\n", n + 1, n + 1, format!("*a{n},").repeat(9));
    let bomb: Vec<String> = (0..20).map(line).collect();
    assert!(read_bytes("bomb.yaml", bomb.concat().replace("*a0,", "x,")).0.is_err());
}

/// A text that no importer knows is told as before; one that an importer takes reaches it whole.
#[test]
fn plain_text_is_one_row() {
    let error = read_bytes("log.txt", "Thought: hm\nAnd so on.\n").0.unwrap_err().to_string();
    assert!(error.contains("no row is JSON; row 1: it starts with `Thought:`"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    let text = format!("Thought: \u{1F600} {}", "x\n".repeat(2 << 20));
    fs::write(&path, &text).unwrap();
    let input = read::Input::from(path.as_path());
    let context = foreground();
    let head = read::look_at(&input, &context).unwrap();
    assert_eq!(head.layout.framing, read::Framing::Text);
    let sample = read::take_sample(&input, &head, head.layout, &context).unwrap();
    assert!((1 << 20..2 << 20).contains(&sample.rows[0].as_str().unwrap().len()));
    let mut rows = read::RowReader::open(&input, head.layout, None, &context).unwrap();
    assert_eq!(rows.next().unwrap().unwrap().parse(&[]).unwrap().value, text);
    assert!(rows.next().unwrap().is_none());
}

#[test]
fn a_table_in_columns_gives_its_rows() {
    for (name, bytes) in [("a.parquet", parquet()), ("b", gzip(parquet())), ("c.arrow", arrow())] {
        let (report, kept) = read_bytes(name, bytes);
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.counts.traces, report.counts.rejected), (3, 0), "{name}: {report}");
        let trace = &kept.traces[1].1;
        assert_eq!((trace.problem.text().as_ref(), texts(trace)), ("p1", vec!["a", "b"]), "{name}");
        assert_eq!(trace.metadata["x"], json!("NaN"), "{name}");
        assert_eq!(kept.traces[2].1.metadata["x"], json!(null), "{name}");
        assert_eq!(kept.traces[0].1.metadata["x"], json!(0.5), "{name}");
    }
    // A page in the middle is overwritten: what comes before it stays.
    let mut damaged = parquet();
    damaged[4..40].fill(0xEE);
    let error = read_bytes("damaged.parquet", damaged).0.unwrap_err().to_string();
    assert!(error.contains("column `problem`"), "{error}");
}

/// Three rows: `problem`, `steps` as a list, `x` as a number.
fn parquet() -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
    use parquet::file::writer::SerializedFileWriter;

    let schema = "message m { required binary problem (UTF8);
        required group steps (LIST) { repeated group list { required binary element (UTF8); } }
        optional double x; }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, std::sync::Arc::default()).unwrap();
    let mut group = file.next_row_group().unwrap();
    let texts = |texts: &[&str]| -> Vec<ByteArray> { texts.iter().map(|text| ByteArray::from(*text)).collect() };
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&texts(&["p0", "p1", "p2"]), None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let (levels, starts) = (Some(&[1_i16; 6][..]), Some(&[0, 1, 0, 1, 0, 1][..]));
    column.typed::<ByteArrayType>().write_batch(&texts(&["a", "b", "a", "b", "a", "b"]), levels, starts).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(&[0.5, f64::NAN], Some(&[1, 1, 0]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    file.close().unwrap();
    bytes
}

/// The same, written by polars.
fn arrow() -> Vec<u8> {
    use polars_io::SerWriter as _;

    let mut bytes = Vec::new();
    polars_io::ipc::IpcWriter::new(&mut bytes).finish(&mut frame()).unwrap();
    bytes
}

fn frame() -> polars::prelude::DataFrame {
    use polars::prelude::{Column, DataFrame, IntoSeries as _, NamedFrom as _, Series};

    let steps = Series::new("".into(), ["a", "b"]);
    let columns = vec![
        Column::new("problem".into(), ["p0", "p1", "p2"]),
        Series::new("steps".into(), [steps.clone(), steps.clone(), steps]).into_series().into(),
        Column::new("x".into(), [Some(0.5), Some(f64::NAN), None]),
    ];
    DataFrame::new(3, columns).unwrap()
}

/// A reader that believes such sizes ends the whole program.
#[test]
fn sizes_in_an_arrow_table_are_not_believed() {
    use polars_io::SerWriter as _;
    use polars_io::ipc::{IpcCompression, IpcStreamWriter, IpcWriter};

    for packed in [None, Some(IpcCompression::LZ4)] {
        let (mut file, mut stream) = (Vec::new(), Vec::new());
        IpcWriter::new(&mut file).with_compression(packed).finish(&mut frame()).unwrap();
        IpcStreamWriter::new(&mut stream).with_compression(packed).finish(&mut frame()).unwrap();
        for bytes in [file, stream] {
            assert_eq!(read_bytes("a", &bytes).0.unwrap().counts.traces, 3);
            for at in (0..bytes.len().saturating_sub(8)).step_by(8) {
                for forged in [1_i64 << 50, i64::MAX] {
                    let mut bytes = bytes.clone();
                    bytes[at..at + 8].copy_from_slice(&forged.to_le_bytes());
                    read_bytes("a", &bytes).0.ok();
                }
            }
        }
    }
}

/// One of each kind, to be damaged.
pub(super) fn samples() -> [Vec<u8>; 5] {
    let zipped = zip(&[member("a.jsonl", 8, lines(0..3)), member("b.json", 93, lines(0..3))]);
    [zipped, tar(&[("a.jsonl", lines(0..3))]), gzip(zstd(lines(0..3))), parquet(), arrow()]
}

#[test]
fn published_tables_and_archives_are_read() {
    use super::published::published;

    // Python: pyarrow gives 5,449 rows of 8 columns; zipfile lists the samples.
    if let Some(path) = published("prm800k_denorm_parquet/phase1_test.stepwise-critic.parquet") {
        let input = read::Input::from(path.as_path());
        let context = foreground();
        let head = read::look_at(&input, &context).unwrap();
        let mut rows = read::RowReader::open(&input, head.layout, None, &context).unwrap();
        let mut count = 0;
        while let Some(row) = rows.next().unwrap() {
            let row = row.parse(&[]).unwrap().value;
            assert!(row["instruction"].is_string() && row["responses"].is_array(), "{row}");
            count += 1;
        }
        assert_eq!(count, 5449);
    }
    for (path, samples) in [
        ("inspect_logs/docent/docent/samples/log.eval", 0),
        ("inspect_logs/tests/log/test_eval_log/log_streaming.eval", 0),
    ] {
        let Some(path) = published(path) else { continue };
        let members = read::Archive::open(&path, &foreground()).unwrap().unwrap();
        let names: Vec<&str> = members.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert!(names.contains(&"header.json") && names.len() > samples, "{names:?}");
        for entry in members.entries {
            let input = read::Input::Member(std::sync::Arc::clone(&members.archive), std::sync::Arc::new(entry));
            assert!(read::read_whole(&input, &[], &foreground()).unwrap().is_some(), "{input}");
        }
    }
}
