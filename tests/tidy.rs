//! Holds the boundaries between packages and modules that the compiler cannot hold. Style is left to other tools.
//!
//! The names I1 to I8 are those of the invariants in `ARCHITECTURE.md`. Each check looks at code without comments and
//! without test modules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::fixture::workspace;

/// Modules of core, lowest first. A module may use only itself and those before it.
const ORDER: [&str; 12] = [
    "csv",
    "model",
    "job",
    "watch",
    "store",
    "import",
    "scoring",
    "annotation",
    "labels",
    "query",
    "evaluate",
    "export",
];

/// Parts of core above all modules: they may use everything.
const ABOVE: [&str; 2] = ["lib", "testing"];

/// Starts of the names of crates that open or paint windows.
const WINDOW_CRATES: [&str; 10] =
    ["eframe", "egui", "epaint", "glow", "glutin", "rfd", "smithay", "wayland", "wgpu", "winit"];

/// Types of polars that could end up in a signature.
const POLARS_TYPES: [&str; 9] =
    ["polars", "DataFrame", "LazyFrame", "PolarsError", "PolarsResult", "Expr", "Series", "ChunkedArray", "AnyValue"];

/// One source file without comments and tests.
struct Source {
    /// Relative to the root of the workspace, with `/`.
    path: String,
    code: String,
}

impl Source {
    /// The name of the module of core that the file belongs to, such as `store` for `core/src/store/schema.rs`.
    fn core_module(&self) -> Option<&str> {
        let inner = self.path.strip_prefix("core/src/")?;
        Some(inner.split('/').next()?.trim_end_matches(".rs"))
    }
}

/// All source files below a folder of the workspace; none if the folder does not exist.
fn sources(folder: &str) -> Vec<Source> {
    let root = workspace();
    let mut files = Vec::new();
    find_rust_files(&root.join(folder), &mut files);
    files.sort();
    files
        .into_iter()
        .map(|file| Source {
            path: file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"),
            code: code_only(&fs::read_to_string(&file).unwrap()),
        })
        .collect()
}

fn find_rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // Tests beside the code they test.
            if !path.ends_with("tests") {
                find_rust_files(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

/// Leaves out comments, and test modules, which stand at the end of a file; folders of tests are not read at all.
fn code_only(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().map(without_comment).collect::<Vec<_>>().join("\n")
}

/// Cuts a line at `//`, unless it is part of an address such as `https://`.
fn without_comment(line: &str) -> &str {
    let start = line.match_indices("//").map(|(at, _)| at).find(|&at| !line[..at].ends_with(':'));
    &line[..start.unwrap_or(line.len())]
}

/// The modules that code names with `crate::`, alone or in braces.
fn modules_used(code: &str) -> Vec<&str> {
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => used.push(first_word(rest)),
            Some(list) => used.extend(top_level_parts(list).into_iter().map(|part| first_word(part.trim_start()))),
        }
    }
    used
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// Splits `a::{b, c}, d}` into `a::{b, c}` and `d`: at commas outside of inner braces, up to the closing brace.
fn top_level_parts(list: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts
}

/// Whether `word` occurs in `code` as a whole word.
fn mentions(code: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(inside) && !code[at + word.len()..].starts_with(inside))
}

/// Public items as far as others see them: functions, constants and types without their bodies, but enums with theirs.
fn public_signatures(code: &str) -> Vec<&str> {
    let items = code.match_indices("pub ").filter(|&(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric()));
    items
        .filter_map(|(at, _)| {
            let item = &code[at..];
            let end = if item.starts_with("pub enum ") { item.find("\n}") } else { item.find(['{', ';', '=']) };
            (!item.starts_with("pub use ")).then(|| &item[..end.unwrap_or(item.len())])
        })
        .collect()
}

/// Fails with a list of all violations, if there are any.
#[track_caller]
fn expect_none(rule: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{rule}:\n{}", violations.join("\n"));
}

#[test]
fn i1_core_depends_on_no_window_crate() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-p", "stepscope-core", "-e", "normal", "--prefix", "none"])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(tree.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("stepscope-core"), "cargo tree does not show the package:\n{tree}");
    let found: Vec<_> = tree
        .lines()
        .filter(|line| WINDOW_CRATES.iter().any(|name| line.starts_with(name)))
        .map(str::to_owned)
        .collect();
    expect_none("core needs window crates", &found);
}

#[test]
fn i2_modules_of_core_use_only_lower_ones() {
    let mut violations = Vec::new();
    for source in sources("core/src") {
        let module = source.core_module().unwrap();
        if ABOVE.contains(&module) {
            continue;
        }
        let Some(level) = ORDER.iter().position(|name| *name == module) else {
            violations.push(format!("{}: `{module}` has no place in the order of modules", source.path));
            continue;
        };
        let higher = &ORDER[level + 1..];
        for used in modules_used(&source.code) {
            if higher.contains(&used) || ABOVE.contains(&used) {
                violations.push(format!("{} uses {used}", source.path));
            }
        }
    }
    expect_none("modules of core use higher ones", &violations);
}

#[test]
fn i3_core_asks_the_computer_for_nothing() {
    const SOURCES_OF_SURPRISE: [&str; 12] = [
        "SystemTime::now",
        "Utc::now",
        "Local::now",
        "env::var",
        "env::vars",
        "env::var_os",
        "env::home_dir",
        "directories",
        "getrandom",
        "thread_rng",
        "rand::rng",
        "fastrand",
    ];
    let mut violations = Vec::new();
    for source in sources("core/src") {
        for name in SOURCES_OF_SURPRISE {
            if mentions(&source.code, name) {
                violations.push(format!("{} uses {name}", source.path));
            }
        }
    }
    expect_none("clock, environment, home directory and random numbers come in as arguments", &violations);
}

#[test]
fn i4_only_two_files_write_to_stdout() {
    let allowed = ["app/src/cli/output.rs", "app/src/cli/worker.rs"];
    let violations: Vec<_> = [sources("core/src"), sources("app/src")]
        .into_iter()
        .flatten()
        .filter(|source| source.code.contains("stdout()") && !allowed.contains(&source.path.as_str()))
        .map(|source| source.path)
        .collect();
    expect_none("standard output is written to elsewhere", &violations);
}

#[test]
fn i5_decisions_know_nothing_of_painting() {
    let violations: Vec<_> = ["app/src/view_model", "app/src/state", "app/src/text", "app/src/cli"]
        .into_iter()
        .flat_map(sources)
        .filter(|source| source.code.contains("egui"))
        .map(|source| source.path)
        .collect();
    expect_none("view models, state and command line mention egui", &violations);
}

#[test]
fn i6_polars_stays_inside() {
    let mut violations = Vec::new();
    for source in [sources("core/src"), sources("app/src")].into_iter().flatten() {
        let inside = matches!(source.core_module(), Some("store" | "import" | "query" | "export"));
        if !inside && mentions(&source.code, "polars") {
            violations.push(format!("{} mentions polars", source.path));
        }
        for signature in public_signatures(&source.code) {
            if source.core_module().is_some() && POLARS_TYPES.iter().any(|name| mentions(signature, name)) {
                violations.push(format!("{} shows a polars type: {signature}", source.path));
            }
        }
    }
    expect_none("polars is visible outside", &violations);
}

#[test]
fn i7_column_names_are_spelled_in_one_place() {
    let violations: Vec<_> = sources("core/src")
        .into_iter()
        .filter(|source| source.code.contains("col(\"") && !source.path.starts_with("core/src/store/schema"))
        .map(|source| source.path)
        .collect();
    expect_none("columns are named outside of store/schema", &violations);
}

#[test]
fn i8_models_stay_in_scoring() {
    let mut violations = Vec::new();
    for source in [sources("core/src"), sources("app/src")].into_iter().flatten() {
        if source.core_module() == Some("scoring") {
            continue;
        }
        for name in ["candle_core", "candle_nn", "candle_transformers", "tokenizers"] {
            if mentions(&source.code, name) {
                violations.push(format!("{} uses {name}", source.path));
            }
        }
    }
    expect_none("model libraries are used outside of scoring", &violations);
}

#[test]
fn every_file_beside_main_is_listed_in_it() {
    let folder = workspace().join("tests");
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    let mut missing = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_module = if path.is_dir() {
            path.join("mod.rs").exists()
        } else {
            path.extension().is_some_and(|extension| extension == "rs") && name != "main" && name != "lib"
        };
        if is_module && !main.lines().any(|line| line == format!("mod {name};")) {
            missing.push(name);
        }
    }
    expect_none("tests/main.rs does not list these, so they never run", &missing);
}

#[test]
fn uses_are_found_alone_and_in_braces() {
    let check = |code: &str, expected: &[&str]| assert_eq!(modules_used(code), expected, "{code}");
    check("use crate::model::Trace;", &["model"]);
    check("fn f(x: crate::job::Progress) -> crate::store::Store", &["job", "store"]);
    check("use crate::{model::{Trace, Step}, store, query::run};", &["model", "store", "query"]);
    check("use super::thing;", &[]);
}

#[test]
fn comments_and_tests_are_not_code() {
    let check = |text: &str, expected: &str| assert_eq!(code_only(text), expected, "{text}");
    check("let a = 1; // crate::store\n/// crate::query\nb", "let a = 1; \n\nb");
    check("let a = \"https://example.org\";", "let a = \"https://example.org\";");
    check("a\n\n#[cfg(test)]\nmod tests {\n    use crate::store;\n}", "a");
}

#[test]
fn public_signatures_end_where_the_body_begins() {
    let check = |code: &str, expected: &[&str]| assert_eq!(public_signatures(code), expected, "{code}");
    check("pub fn a(x: Series) -> u8 {\n    polars()\n}", &["pub fn a(x: Series) -> u8 "]);
    check("pub struct A {\n    frame: DataFrame,\n}", &["pub struct A "]);
    check("pub enum E {\n    Bad(PolarsError),\n}", &["pub enum E {\n    Bad(PolarsError),"]);
    check("pub(crate) fn a(x: Series) {}", &[]);
    assert!(mentions("x: Series)", "Series") && !mentions("TimeSeriesPlot", "Series"));
}
