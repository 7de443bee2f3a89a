//! Recognises the language of program text.

/// How many lines are looked at.
const LOOKED_AT: usize = 60;

/// The language that the first word behind a fence names, without what else stands there.
pub(super) fn from_fence(info: &str) -> String {
    let word = info.trim().trim_start_matches(['{', '.']);
    let end = word.find(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ',' | ':')).unwrap_or(word.len());
    word.get(..end).unwrap_or_default().to_lowercase()
}

/// The language of program text, from its first lines; empty where nothing is certain.
pub(super) fn recognised<'a>(lines: impl Iterator<Item = &'a str>) -> &'static str {
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).take(LOOKED_AT).collect();
    let Some(first) = lines.first().map(|line| line.trim()) else { return "" };
    if let Some(program) = first.strip_prefix("#!") {
        return shebang(program);
    }
    if super::diff::is_diff(lines.iter().copied()) {
        return "diff";
    }
    let share = |is: fn(&str) -> bool| lines.iter().filter(|line| is(line.trim_end())).count();
    // Each line that is hardly anything else counts.
    let found = [
        ("lean", share(is_lean)),
        ("python", share(is_python)),
        ("js", share(is_javascript)),
        ("cpp", share(is_cpp)),
        ("isabelle", share(is_isabelle)),
        ("coq", share(is_coq)),
        ("bash", share(is_shell)),
    ];
    let Some((language, count)) = found.into_iter().rev().max_by_key(|(_, count)| *count) else { return "" };
    // Most lines of a program could stand in others too: a few signs are enough, but not one in a long text.
    if count > 0 && count * 12 >= lines.len() { language } else { "" }
}

fn shebang(program: &str) -> &'static str {
    let known = [("python", "python"), ("node", "js"), ("sh", "bash"), ("perl", "perl"), ("ruby", "ruby")];
    known.into_iter().find(|(name, _)| program.contains(name)).map_or("", |(_, language)| language)
}

fn begins(line: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        line.strip_prefix(word).is_some_and(|rest| rest.is_empty() || !word.ends_with(' ') || !rest.starts_with(' '))
    })
}

fn is_python(line: &str) -> bool {
    let words = line.trim_start();
    let is_head =
        begins(words, &["def ", "class ", "for ", "while ", "if ", "elif ", "with ", "except ", "async def "])
            && words.ends_with(':');
    let is_import = words.strip_prefix("from ").is_some_and(|rest| rest.contains(" import "))
        || (words.starts_with("import ")
            && !words.ends_with(';')
            && !words.contains(['"', '\'', '{'])
            && words.split(' ').count() <= 4);
    is_head
        || is_import
        || matches!(words, "else:" | "try:" | "finally:" | "pass" | "except:")
        || (words.starts_with("print(") && words.ends_with(')'))
        || (words.starts_with('@') && line.starts_with(['@', ' ']) && !words.contains(' '))
}

fn is_javascript(line: &str) -> bool {
    let words = line.trim_start();
    (begins(words, &["const ", "let ", "var "]) && words.contains('='))
        || begins(words, &["function ", "export ", "async function "]) && words.contains(['(', '{'])
        || words.starts_with("console.log(")
        || (words.starts_with("import ") && words.contains(" from "))
        || words.ends_with("=> {")
        || words.starts_with("});")
}

fn is_lean(line: &str) -> bool {
    let words = line.trim_start();
    let begins_proof = begins(words, &["theorem ", "lemma ", "example ", "def ", "instance "]) && words.contains(':');
    (begins_proof
        && (words.contains(":=") || words.contains("begin") || !words.ends_with([':', '.']))
        && !words.contains('"')
        && !words.ends_with("):"))
        || begins(
            words,
            &["import Mathlib", "open BigOperators", "open Real", "open Nat", "namespace ", "#eval ", "#check "],
        )
        || begins(
            words,
            &["norm_num", "nlinarith", "linarith", "rw [", "simp [", "simp only", "intro ", "rcases ", "obtain ⟨"],
        )
        || (words.starts_with("have ") && words.contains(":="))
}

fn is_cpp(line: &str) -> bool {
    let words = line.trim_start();
    words.starts_with("#include")
        || words.starts_with("using namespace")
        || (words.starts_with("int main(") && words.contains(')'))
}

fn is_isabelle(line: &str) -> bool {
    let words = line.trim_start();
    (begins(words, &["theorem ", "lemma "]) && (words.ends_with(':') || words.contains('"')) && !words.contains(":="))
        || begins(
            words,
            &["fixes ", "assumes ", "shows \"", "proof -", "sledgehammer", "then show ?thesis", "unfolding "],
        )
}

fn is_coq(line: &str) -> bool {
    let words = line.trim_start();
    (begins(words, &["Theorem ", "Lemma ", "Definition ", "Fixpoint ", "Require Import ", "Inductive "])
        && words.ends_with(['.', '=']))
        || matches!(words, "Proof." | "Qed." | "intros." | "reflexivity.")
}

fn is_shell(line: &str) -> bool {
    let words = line.trim_start();
    let programs = [
        "cd ", "ls", "cat ", "echo ", "grep ", "git ", "pip ", "pip3 ", "python ", "python3 ", "mkdir ", "rm ",
        "sudo ", "export ", "curl ", "find ", "sed ", "npm ", "cargo ", "make", "apt-get ", "chmod ", "touch ",
        "pytest", "cp ", "mv ",
    ];
    let command = words.strip_prefix("$ ").unwrap_or(words);
    programs.iter().any(|program| {
        command
            .strip_prefix(program)
            .is_some_and(|rest| program.ends_with(' ') || rest.is_empty() || rest.starts_with(' '))
    }) && !command.ends_with(['.', ':', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(recognised(text.lines()), expected, "{text}");
    }

    #[test]
    fn recognises_languages() {
        check("import math\n\ndef f(x):\n    return x", "python");
        check("#!/usr/bin/env python3\nx = 1", "python");
        check("print(2 + 2)", "python");
        check("const x = 1;\nconsole.log(x)", "js");
        check("import Mathlib\n\ntheorem a : 1 = 1 := by\n  norm_num", "lean");
        check("theorem a:\n  fixes x :: nat\n  shows \"x = x\"", "isabelle");
        check("Theorem a : 1 = 1.\nProof.\nreflexivity.\nQed.", "coq");
        check("cd /tmp && ls -la", "bash");
        check("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b", "diff");
        check("#include <stdio.h>\nint main() {}", "cpp");
    }

    #[test]
    fn prose_is_no_program() {
        check("We have to find x.\nIf x is 5, then y is 6:", "");
        check("The answer is 5\n\nso it holds", "");
        check("", "");
    }

    #[test]
    fn fences_name_languages() {
        let check = |info: &str, expected: &str| assert_eq!(from_fence(info), expected);
        check("Python", "python");
        check("python title=\"a.py\"", "python");
        check("{.lean4}", "lean4");
        check("", "");
    }
}
