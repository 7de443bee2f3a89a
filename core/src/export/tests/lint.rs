//! Files that are wrong in one way each: what lint says, and where.

use std::fs;
use std::io::Write as _;

use crate::export::{FORMATS, LintOptions, LintReport, Scope, lint, preview};
use crate::job::JobContext;

use super::source::{Project, chain, options};

pub(super) fn linted(bytes: &[u8]) -> LintReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    fs::write(&path, bytes).unwrap();
    lint(&path, &LintOptions { format: None, limit: 100 }, &JobContext::foreground(None)).unwrap()
}

/// The problems as `row: message`, joined by ` | `.
pub(super) fn said(report: &LintReport) -> String {
    let all = report.problems.iter().map(|problem| format!("{}: {}", problem.row, problem.message));
    all.collect::<Vec<_>>().join(" | ")
}

fn check(lines: &[&str], format: &str, expected: &str) {
    let report = linted((lines.join("\n") + "\n").as_bytes());
    assert_eq!((report.format.as_str(), said(&report).as_str()), (format, expected), "{lines:#?}");
}

const STEPWISE: &str = r#"{"prompt":"p","completions":["a","b"],"labels":[true,false]}"#;
const BENCH: &str = r#"{"id":"i","generator":"g","problem":"p","steps":["a"],"final_answer_correct":true,"label":-1}"#;
const SHEPHERD: &str = r#"{"input":"p Step 1: a ки","label":"p Step 1: a +","task":"t"}"#;
const KTO: [&str; 2] =
    [r#"{"prompt":"p","completion":"a","label":true}"#, r#"{"prompt":"p","completion":"b","label":false}"#];
const CHAT: &str = r#"{"conversations":[{"role":"user","content":"p a"},{"role":"assistant","content":"+"}]}"#;

const PAIR: &str = r#"{"prompt":"p","chosen":"a","rejected":"b"}"#;

#[test]
fn pairs_are_recognised_and_compared() {
    let message = |text: &str, role: &str| format!(r#"[{{"role":"{role}","content":"{text}"}}]"#);
    let chat = format!(
        r#"{{"prompt":{},"chosen":{},"rejected":{}}}"#,
        message("p", "user"),
        message("a", "assistant"),
        message("b", "assistant")
    );
    check(&[PAIR], "trl_preference", "");
    check(&[&chat], "trl_preference_chat", "");
    check(&[r#"{"prompt":"p","chosen":"a","rejected":"b","weight":1.0,"criterion":""}"#], "weighted_pairs", "");
    check(&[r#"{"prompt":"p","pos":["a"],"neg":["b"],"pos_count":1,"neg_count":1}"#], "rstar_pairs", "");
    check(&[PAIR, PAIR], "trl_preference", "2: repeats row 1");
    let other_way = r#"{"prompt":"p","chosen":"b","rejected":"a"}"#;
    check(&[PAIR, other_way], "trl_preference", "2: labels what row 1 has in another way");
}

#[test]
fn sound_files_have_no_problems() {
    check(&[STEPWISE], "trl_stepwise", "");
    check(&[BENCH], "processbench", "");
    check(&[SHEPHERD], "math_shepherd", "");
    check(&KTO, "trl_unpaired", "");
    check(&[CHAT], "rlhflow_chat", "");
    check(&[&format!("[{STEPWISE}]")], "trl_stepwise", "");
    check(&[r#"{"prompt":"p","completions":["a"],"labels":[0.5]}"#], "trl_stepwise", "");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(STEPWISE.as_bytes()).unwrap();
    assert_eq!(said(&linted(&packed.finish().unwrap())), "");
    assert_eq!(said(&linted(&zstd::encode_all(STEPWISE.as_bytes(), 1).unwrap())), "");
}

#[test]
fn what_is_written_here_is_sound() {
    let mut project = Project::of(chain(3)).label("+-", None);
    let mut other = chain(2);
    other.id = crate::model::TraceId::new("other");
    other.problem.prompt = crate::model::Prompt::Text("2+2?".into());
    super::source::import(&mut other, "human", "++");
    project.traces.push(other);
    let single = FORMATS.iter().filter(|format| !matches!(format.scope(), Scope::Problem | Scope::Attempts));
    // These want words, values or a template.
    for format in single.filter(|format| !["critique_sft", "mc_tree", "house"].contains(&format.name())) {
        let made = preview(&project, &options(format.name(), &[]), 100, &JobContext::foreground(None)).unwrap();
        let report = linted((made.sample.join("\n") + "\n").as_bytes());
        let problems = said(&report);
        // One labelled trace of PRM800K has no reference answer, no score of a verifier and so on: these columns are null.
        let of_rows = report.problems.iter().filter(|problem| problem.row > 0).count();
        assert_eq!((report.format.as_str(), of_rows), (format.name(), 0), "{problems}");
        assert_eq!(report.rows, made.rows);
    }
}

#[test]
fn each_fault_is_told_with_its_place() {
    // Not rows at all.
    check(
        &[STEPWISE, "{\"prompt\":"],
        "trl_stepwise",
        "2: is no JSON object: EOF while parsing a value at line 1 column 10",
    );
    check(&[STEPWISE, ""], "trl_stepwise", "2: is empty");
    let nan = r#"{"prompt":"p","completions":["a"],"labels":[NaN]}"#;
    check(&[STEPWISE, nan], "trl_stepwise", "2: is no JSON object: expected value at line 1 column 45");
    let lone = r#"{"prompt":"\ud800","completions":["a"],"labels":[true]}"#;
    let report = linted(format!("{STEPWISE}\n{lone}\n").as_bytes());
    assert!(said(&report).starts_with("2: holds half a character, a lone surrogate"), "{}", said(&report));
    let report = linted(&[STEPWISE.as_bytes(), b"\n\xFF\n"].concat());
    assert_eq!(said(&report), "2: is no UTF-8 from byte 0 on");
    let report = linted(&[b"\xEF\xBB\xBF", STEPWISE.as_bytes()].concat());
    assert_eq!(said(&report), "0: begins with a byte order mark; some readers take it for text");
    let report = linted(format!("{STEPWISE}\r\n").as_bytes());
    assert_eq!(said(&report), "1: ends with a carriage return; lines must end with a line feed");
    assert_eq!(said(&linted(b"")), "0: has no rows");

    // Rows that contradict themselves.
    let few = r#"{"prompt":"q","completions":["a","b"],"labels":[true]}"#;
    check(&[STEPWISE, few], "trl_stepwise", "2: 2 steps, but 1 labels");
    let blank = r#"{"prompt":"q","completions":["a"," "],"labels":[true,true]}"#;
    check(&[STEPWISE, blank], "trl_stepwise", "2: step 2 has no text");
    let edge = r#"{"prompt":"q","completions":["a\n","b"],"labels":[true,true]}"#;
    check(&[STEPWISE, edge], "trl_stepwise", "2: step 1 ends with the step separator");
    let float = r#"{"prompt":"q","completions":["a"],"labels":[0.7]}"#;
    let message = "2: invalid type: floating point `0.7`, expected a boolean at line 1 column 47";
    check(&[STEPWISE, float], "trl_stepwise", message);
    let outside = BENCH.replace("-1", "1").replace("\"i\"", "\"j\"");
    check(&[BENCH, &outside], "processbench", "2: label 1 is outside -1..1");
    let unknown = said(&linted(BENCH.replace("true", "null").as_bytes()));
    assert!(unknown.starts_with("1: invalid type: null, expected a boolean"), "{unknown}");
    let uneven = SHEPHERD.replace("a +", "b +");
    check(&[&uneven], "math_shepherd", "1: step 1 differs between `input` and `label`");
    let inside = SHEPHERD.replace("Step 1: a", "Step 1: a ки b");
    check(&[&inside], "math_shepherd", "1: step 2 does not begin with `Step 2:`: markers and steps differ");
    let sign = SHEPHERD.replace("a +", "a ?");
    check(&[&sign], "math_shepherd", "1: step 1 has neither + nor - in `label` where `input` has its marker");
    let twice = r#"{"conversations":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}"#;
    check(&[twice], "rlhflow_chat", "1: message 1 (from 0) is by `user`; expected `assistant`");
    let word = CHAT.replace("\"+\"", "\"yes\"");
    check(&[&word], "rlhflow_chat", "1: message 1 (from 0) is \"yes\"; expected + or -");
    let half = r#"{"conversations":[{"role":"user","content":"a"}]}"#;
    check(&[half], "rlhflow_chat", "1: the last step has no answer");

    // Rows that contradict one another.
    check(&[STEPWISE, STEPWISE], "trl_stepwise", "2: repeats row 1");
    let other = STEPWISE.replace("true", "false");
    check(&[STEPWISE, &other], "trl_stepwise", "2: labels what row 1 has in another way");
    let clash = KTO[1].replace("\"b\"", "\"a\"");
    check(&[KTO[0], KTO[1], &clash], "trl_unpaired", "3: labels what row 1 has in another way");
    let minus = CHAT.replace("\"+\"", "\"-\"");
    check(&[CHAT, &minus], "rlhflow_chat", "2: labels what row 1 has in another way");
    let same_id = BENCH.replace("\"p\"", "\"q\"");
    check(&[BENCH, &same_id], "processbench", "2: has the id `i` of row 1");
    let wanted = "0: every label is true; a trainer of wanted and unwanted answers needs both";
    check(&KTO[..1], "trl_unpaired", wanted);
}

#[test]
fn faults_of_richer_formats() {
    let row = |finish: &str, steps: &str| {
        format!(
            r#"{{"labeler":"l","timestamp":"t","generation":null,"is_quality_control_question":false,"is_initial_screening_question":false,"question":{{"problem":"p","ground_truth_answer":"2"}},"label":{{"steps":[{steps}],"total_time":1,"finish_reason":"{finish}"}}}}"#
        )
    };
    let position = |rating: i8, chosen: &str| {
        format!(
            r#"{{"completions":[{{"text":"a","rating":{rating},"flagged":null}}],"human_completion":null,"chosen_completion":{chosen}}}"#
        )
    };
    let one =
        |finish: &str, steps: &[String], expected: &str| check(&[&row(finish, &steps.join(","))], "prm800k", expected);
    one("solution", &[position(1, "0")], "");
    one("solution", &[position(1, "3")], "1: step 1 chose a completion that is not there");
    one("solution", &[position(2, "0")], "1: step 1 has a rating that is none of -1, 0, 1");
    let lost = "1: step 1 has neither a chosen nor a written step, yet others follow";
    one("solution", &[position(1, "null"), position(1, "0")], lost);
    let found = "1: finish_reason is found_error, but the last position has no -1";
    one("found_error", &[position(1, "0")], found);
    one("solution", &[position(-1, "null")], "1: finish_reason is solution, but the last position chose no step");
    one("solution", &[], "1: there are no positions");

    let critique = |first: i64, labels: &str, words: &str| {
        format!(
            r#"{{"prompt":"p\n\nStep 1: a\nStep 2: b","critique":"{words}","verdict":{{"first_error":{first},"base":0,"labels":{labels}}},"id":"i"}}"#
        )
    };
    let one = |row: String, expected: &str| check(&[&row], "critique_sft", expected);
    one(critique(1, "[true,false]", "no \\\\boxed{1}"), "");
    one(critique(1, "[true,false]", "no \\\\boxed{0}"), "1: the words come to `0`, the verdict to `\\boxed{1}`");
    one(critique(-1, "[true,false]", "no"), "1: first_error is -1, which is not the first false label");
    one(critique(5, "[true,false]", "no"), "1: first_error 5 is outside -1..2");
    let shown = "1: the question does not end with `Step 3:`, the last step judged";
    one(critique(2, "[true,true,false]", "no"), shown);
    one(critique(1, "[true,false]", " "), "1: the critique is empty");
}

#[test]
fn columns_must_agree() {
    let step = |extra: &str| {
        format!(
            r#"{{"trace":"t","problem":"p","generator":"","outcome":"unknown","step":0,"parent":-1,"kind":"thought","text":"a","label":""{extra}}}"#
        )
    };
    let next = |row: String| row.replace("\"step\":0", "\"step\":1");
    let two = |a: &str, b: &str, expected: &str| check(&[&step(a), &next(step(b))], "steps", expected);
    two("", "", "");
    two(",\"score.q\":0.5", "", "2: differs from the rows before it: `score.q` is missing");
    two("", ",\"score.q\":0.5", "2: differs from the rows before it: `score.q` is new");
    two(",\"more\":1", ",\"more\":\"x\"", "2: differs from the rows before it: `more` is a text, not a number");
    two(",\"score.q\":null", ",\"score.q\":1", "");
    two(",\"soft\":null", ",\"soft\":null", "0: `soft` is null or empty in every row, so it has no type");
    check(&[&step(""), &step("")], "steps", "2: repeats row 1");
    let before = step("").replace("\"parent\":-1", "\"parent\":4");
    check(&[&before], "steps", "1: `parent` is not the number of an earlier step, or -1");
}
