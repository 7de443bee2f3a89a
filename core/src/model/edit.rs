//! Which calls change a file, as far as the call itself says so.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{Step, StepKind};

/// Names of tools that change files, in small letters without `_` and `-`. The name alone decides.
const EDITORS: &[&str] = &[
    "edit",
    "editfile",
    "editor",
    "fileedit",
    "multiedit",
    "write",
    "writefile",
    "filewrite",
    "writetofile",
    "fswrite",
    "createfile",
    "applypatch",
    "applydiff",
    "patch",
    "replaceinfile",
    "searchreplace",
    "strreplace",
    "insert",
    "insertedit",
    "notebookedit",
    "editnotebook",
    "deletefile",
    "replace",
    "create",
    "append",
    "undoedit",
];

/// Tools of several commands of which these change files: the argument that says which, and those that do.
const COMMANDED: &[(&str, &str, &[&str])] = &[
    ("strreplaceeditor", "command", &["create", "str_replace", "insert", "undo_edit"]),
    ("strreplacebasededittool", "command", &["create", "str_replace", "insert", "undo_edit"]),
    ("texteditor", "command", &["create", "write", "str_replace", "insert", "undo_edit"]),
];

/// Words of a shell that change files.
static SHELL_EDIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = [
        r"\bsed\s+(?:-[a-zA-Z]*\s+)*-[a-zA-Z]*i",
        r"\bperl\s+-[a-zA-Z]*i",
        r"\bgit\s+(?:apply|am|checkout|restore|revert|stash|cherry-pick)\b",
        r"\bapply_patch\b",
        r"(?:^|[;&|]\s*|\s)patch\s+-",
        r"\btee\s+(?:-a\s+)?[\w./~$-]",
        r"(?:^|[;&|\n]\s*)(?:rm|mv|cp|touch|truncate)\s",
        // A redirection into a file, but not into nothing, nor of one stream into another.
        r#"(?:^|[^<>&\d=-])(?:1)?>{1,2}\s*["']?(?:[\w.~$][\w./~$-]*|/(?:[^d\s]|d(?:[^e]|e[^v]))[\w./~$-]*)"#,
    ];
    Regex::new(&format!("(?:{})", words.join(")|(?:"))).ok()
});

/// Tools that run lines of a shell.
const SHELLS: &[&str] = &[
    "bash",
    "sh",
    "shell",
    "shellcommand",
    "terminal",
    "runshellcommand",
    "runcommand",
    "executebash",
    "execbash",
    "bashcommand",
    "localshell",
    "exec",
    "execcommand",
    "cmd",
    "command",
    "run",
    "runinterminal",
    "executecommand",
];

/// True where the step is a call that changes a file.
pub fn is_edit(step: &Step) -> bool {
    let Some(tool) = step.tool.as_ref().filter(|_| step.kind == StepKind::ToolCall) else { return false };
    let name = tool.name.rsplit(['.', '/', ':']).next().unwrap_or_default();
    let name = name.rsplit("__").next().unwrap_or_default();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if let Some((_, key, edits)) = COMMANDED.iter().find(|(editor, ..)| *editor == name) {
        return match serde_json::from_str::<Value>(&tool.arguments) {
            Ok(arguments) => arguments[*key].as_str().is_some_and(|command| edits.contains(&command)),
            // Written as a line: the tool, then its command.
            Err(_) => edits.iter().any(|edit| tool.arguments.split_whitespace().next() == Some(*edit)),
        };
    }
    if SHELLS.contains(&name.as_str()) {
        let line = shell_line(&tool.arguments).unwrap_or_else(|| tool.arguments.clone());
        return SHELL_EDIT.as_ref().is_some_and(|edit| edit.is_match(&line));
    }
    EDITORS.contains(&name.as_str())
}

/// The line that is run: the argument that bears it, whatever it is called.
fn shell_line(arguments: &str) -> Option<String> {
    let arguments: Value = serde_json::from_str(arguments).ok()?;
    let line = ["command", "cmd", "keystrokes", "code", "input", "script"].iter().find_map(|key| arguments.get(key))?;
    match line {
        Value::String(line) => Some(line.clone()),
        Value::Array(words) => Some(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ToolCall;

    #[test]
    fn edits_are_told_from_looks() {
        let cases = [
            ("Edit", "{}", true),
            ("apply_patch", "", true),
            ("write_file", "{}", true),
            ("NotebookEdit", "{}", true),
            ("mcp__fs__write_file", "{}", true),
            ("functions.apply_patch", "", true),
            ("str_replace_editor", r#"{"command": "str_replace", "path": "a.py"}"#, true),
            ("str_replace_editor", r#"{"command": "view", "path": "a.py"}"#, false),
            ("str_replace_editor", "create /a.py --file_text 'x'", true),
            ("str_replace_editor", "view /a.py", false),
            ("bash", r#"{"command": "sed -i 's/a/b/' a.py"}"#, true),
            ("bash", r#"{"command": "sed -n 1,5p a.py"}"#, false),
            ("bash", r#"{"command": "cat > a.py <<'EOF'\nx\nEOF"}"#, true),
            ("bash", r#"{"command": "echo x >> notes.md"}"#, true),
            ("bash", r#"{"command": "make 2>&1 | tail"}"#, false),
            ("bash", r#"{"command": "grep x a.py > /dev/null"}"#, false),
            ("bash", r#"{"command": "grep x a.py 2>/dev/null"}"#, false),
            ("bash", r#"{"command": "echo x > /tmp/a.txt"}"#, true),
            ("bash", r#"{"command": "python -c 'print(a if a >= b else b)'"}"#, false),
            ("bash", r#"{"command": "cd /repo && git apply fix.diff"}"#, true),
            ("bash", r#"{"command": "git diff"}"#, false),
            ("shell", r#"{"command": ["bash", "-lc", "rm -r build; mv a b"]}"#, true),
            ("bash", "sed -i s/a/b/ a.py", true),
            ("bash", "ls -l", false),
            ("search", r#"{"query": "edit"}"#, false),
            ("view", "{}", false),
        ];
        for (name, arguments, expected) in cases {
            let tool = ToolCall { name: name.into(), arguments: arguments.into(), call_id: None };
            let step = Step { kind: StepKind::ToolCall, tool: Some(tool), ..Step::default() };
            assert_eq!(is_edit(&step), expected, "{name} {arguments}");
        }
        assert!(!is_edit(&Step { text: "sed -i".into(), ..Step::default() }), "no call");
    }
}
