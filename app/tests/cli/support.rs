//! Runs the program as a script would: a home folder of its own, no terminal, output taken apart.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_stepscope");

/// A user's home folder, gone at the end.
pub(crate) struct Home {
    folder: TempDir,
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::with_prefix("stepscope-cli-").expect("a temporary folder") }
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path in it, as an argument.
    pub(crate) fn arg(&self, name: &str) -> String {
        self.path(name).to_str().expect("a path of plain characters").to_owned()
    }

    /// Writes a file and gives its path as an argument.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).expect("a written file");
        self.arg(name)
    }

    /// The folder that holds the tables of a project.
    pub(crate) fn tables(&self, project: &str) -> PathBuf {
        let entries = std::fs::read_dir(self.path(project).join("store")).expect("the project has a store");
        let mut folders = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
        folders.next().expect("the store has tables")
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        self.run_with(args, &[])
    }

    /// Runs it with more variables.
    pub(crate) fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ended {
        self.end(Command::new(PROGRAM).args(args), args, variables)
    }

    /// Runs it from a script of the shell, which finds the program as `$0` and the arguments as `$@`.
    #[cfg(unix)]
    pub(crate) fn run_in_shell(&self, script: &str, args: &[&str]) -> Ended {
        self.end(Command::new("sh").args(["-c", script, PROGRAM]).args(args), args, &[])
    }

    fn end(&self, command: &mut Command, args: &[&str], variables: &[(&str, &str)]) -> Ended {
        let output = command
            .current_dir(self.folder.path())
            .env("STEPSCOPE_HOME", self.path("home"))
            .env("STEPSCOPE_ANNOTATOR", "ada")
            .env("HF_HOME", self.path("hf"))
            .env("NO_PROXY", "127.0.0.1")
            .env_remove("HF_HUB_CACHE")
            .env_remove("HUGGINGFACE_HUB_CACHE")
            .env_remove("HF_TOKEN")
            .env_remove("HUGGING_FACE_HUB_TOKEN")
            .env_remove("HF_TOKEN_PATH")
            .env_remove("HF_HUB_OFFLINE")
            // Nobody listens there.
            .env("HF_ENDPOINT", "http://127.0.0.1:9")
            .envs(variables.iter().copied())
            .env_remove("STEPSCOPE_LOG")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        let ended =
            Ended { status: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) };
        assert!(!ended.err.contains("panicked"), "{args:?}: {}", ended.err);
        ended
    }

    /// Runs it and expects that exit status.
    #[track_caller]
    pub(crate) fn ends(&self, status: i32, args: &[&str]) -> Ended {
        let ended = self.run(args);
        assert_eq!(ended.status, status, "{args:?}\n{}\n{}", ended.out, ended.err);
        ended
    }
}

impl Ended {
    /// The one JSON object on stdout, and nothing else.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// One JSON object per line of stdout.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }
}

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_path_buf()
}

/// A path in the workspace, as an argument.
pub(crate) fn in_workspace(name: &str) -> String {
    workspace().join(name).to_str().expect("a path of plain characters").to_owned()
}
