//! Which workers score: those that the user's settings or the command line name, else one on this computer.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepscope_core::scoring::{Greeting, Launch, ModelSource, NumberFormat, PoolSpec, WorkerSpec};

use crate::startup::Startup;

/// A `[[worker]]` of the settings: a command that starts one, or a server that computes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkerSetting {
    /// What messages call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A command that starts a worker, such as `ssh gpu01 stepscope worker`. A first word `stepscope` is this program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Address of a server to which the text is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the server is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ServerKind>,
    /// The model: its folder on the worker's computer, or the name under which the server has it. Without it a command
    /// gets the folder chosen in the window, and a server is asked for its only model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// For a server: folder on this computer with the model's `config.json` and `tokenizer.json`; weights are not
    /// needed. Without it the folder chosen in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// The worker is for this project folder only. A project that has workers of its own uses no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<PathBuf>,
}

/// What can compute scores at an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerKind {
    /// The pooling endpoint of vLLM.
    #[default]
    Vllm,
}

impl WorkerSetting {
    /// One that a command starts.
    pub fn of_command(command: &str) -> Self {
        Self { command: Some(command.into()), ..Self::default() }
    }

    fn spec(&self, startup: &Startup, model: &str, format: NumberFormat) -> Result<WorkerSpec, String> {
        let source = |folder: Option<&String>| {
            let folder = folder.map_or(model, String::as_str).into();
            ModelSource { folder, format, ..ModelSource::default() }
        };
        match (&self.command, &self.url) {
            (Some(command), None) => {
                let mut launch = Launch::parse(command)?;
                if launch.program == "stepscope" {
                    launch.program.clone_from(&startup.worker.program);
                }
                let name = self.name.clone().unwrap_or_else(|| command.clone());
                Ok(WorkerSpec { name, launch, source: source(self.model.as_ref()) })
            }
            (None, Some(url)) => {
                let mut launch = startup.worker.clone();
                launch.args.extend([OsString::from("--vllm"), url.into()]);
                if let Some(model) = &self.model {
                    launch.args.extend([OsString::from("--model"), model.into()]);
                }
                let name = self.name.clone().unwrap_or_else(|| format!("vLLM at {url}"));
                Ok(WorkerSpec { name, launch, source: source(self.tokenizer.as_ref()) })
            }
            (Some(_), Some(url)) => Err(format!("a worker has either a command or a url, not both: {url}")),
            (None, None) => Err("a worker needs a command or a url in settings.toml".into()),
        }
    }
}

/// The pool that scores in that project.
pub fn pool_of(
    settings: &[WorkerSetting],
    project: Option<&Path>,
    startup: &Startup,
    model: &str,
    device: &str,
    format: NumberFormat,
) -> Result<PoolSpec, String> {
    let same = |folder: &Path| {
        project.is_some_and(|project| {
            let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
            whole(project) == whole(folder)
        })
    };
    let own: Vec<&WorkerSetting> = settings.iter().filter(|w| w.project.as_deref().is_some_and(same)).collect();
    let general = || settings.iter().filter(|worker| worker.project.is_none()).collect();
    let chosen = if own.is_empty() { general() } else { own };
    if chosen.is_empty() {
        let source = ModelSource { folder: model.into(), format, ..ModelSource::default() };
        return Ok(PoolSpec::of_one(startup.worker_on(device), source));
    }
    let workers = chosen.into_iter().map(|worker| worker.spec(startup, model, format)).collect::<Result<_, _>>()?;
    Ok(PoolSpec { workers, silence: None })
}

/// Where scores come from, in a few words.
pub fn origin(worker: &WorkerSpec, greeting: &Greeting) -> String {
    match &greeting.capabilities.server {
        Some(server) => server.clone(),
        None => format!("{}, {}", worker.name, greeting.device.used.title()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stepscope_core::model::{AnnotatorId, Clock, Timestamp};

    use super::*;
    use crate::startup::{Folders, HubAccess};
    use crate::state::Settings;

    struct Never;

    impl Clock for Never {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
    }

    fn startup() -> Startup {
        let folder = PathBuf::from("/user");
        Startup {
            paths: Vec::new(),
            project: None,
            annotator: AnnotatorId::new("me"),
            clock: Arc::new(Never),
            offset: |_| 0,
            worker: Launch::new("/bin/stepscope", ["worker"]),
            server_key: None,
            hub: HubAccess {
                cache: folder.join("hub"),
                endpoint: String::new(),
                token: None,
                token_file: folder.join("token"),
                offline: true,
                system_proxy: false,
            },
            folders: Folders { config: folder.clone(), data: folder.clone(), cache: folder },
        }
    }

    /// What is started, and with which model.
    fn pool(settings: &str, project: &str) -> Result<Vec<(String, String)>, String> {
        let settings: Settings = toml::from_str(settings).map_err(|error| error.to_string())?;
        let written = toml::to_string(&settings).map_err(|error| error.to_string())?;
        assert_eq!(toml::from_str::<Settings>(&written).as_ref(), Ok(&settings), "written as it was read");
        let spec = pool_of(
            &settings.workers,
            Some(Path::new(project)),
            &startup(),
            "/models/prm",
            "auto",
            NumberFormat::Auto,
        )?;
        Ok(spec.workers.into_iter().map(|worker| (worker.launch.to_string(), worker.source.folder)).collect())
    }

    #[test]
    fn settings_name_the_workers() {
        let check = |settings: &str, project: &str, expected: &[(&str, &str)]| {
            let found = pool(settings, project).unwrap();
            let found: Vec<(&str, &str)> =
                found.iter().map(|(launch, model)| (launch.as_str(), model.as_str())).collect();
            assert_eq!(found, expected, "{settings}");
        };
        let local = ("/bin/stepscope worker --device auto --cache /user/scores.bin", "/models/prm");
        check("", "/p", &[local]);
        let two = "[[worker]]\ncommand = \"stepscope worker --device cuda\"\n\
                   [[worker]]\ncommand = \"ssh gpu01 stepscope worker\"\nmodel = \"/far/prm\"\nname = \"gpu01\"";
        let both = [("/bin/stepscope worker --device cuda", "/models/prm"), ("ssh gpu01 stepscope worker", "/far/prm")];
        check(two, "/p", &both);
        let server = "[[worker]]\nurl = \"http://host:8000\"\nkind = \"vllm\"\nmodel = \"prm\"\ntokenizer = \"/t\"";
        check(server, "/p", &[("/bin/stepscope worker --vllm http://host:8000 --model prm", "/t")]);
        let own = format!("{two}\n[[worker]]\ncommand = \"srun -G1 stepscope worker\"\nproject = \"/p\"");
        check(&own, "/p", &[("srun -G1 stepscope worker", "/models/prm")]);
        check(&own, "/q", &both);
    }

    #[test]
    fn the_readme_shows_settings_that_are_read() {
        let readme = include_str!("../../../README.md");
        let (_, block) = readme.split_once("```toml\n[[worker]]").unwrap();
        let (block, _) = block.split_once("```").unwrap();
        let settings = format!("[[worker]]{block}");
        let found = pool(&settings, "/p").unwrap();
        let vllm = "/bin/stepscope worker --vllm http://gpu02:8000 --model Qwen/Qwen2.5-Math-PRM-7B";
        assert_eq!(found.last().unwrap().0, vllm);
        assert_eq!(pool(&settings, "/data/traces.stepscope").unwrap()[0].0, "ssh gpu01 stepscope worker");
    }

    #[test]
    fn settings_that_make_no_sense_are_named() {
        let check = |settings: &str, expected: &str| {
            let error = pool(settings, "/p").unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("[[worker]]\nname = \"x\"", "needs a command or a url");
        check("[[worker]]\ncommand = \"a\"\nurl = \"b\"", "not both");
        check("[[worker]]\ncommand = \"a 'b\"", "closing '");
        check("[[worker]]\nurl = \"b\"\nkind = \"grpc\"", "grpc");
    }
}
