//! Arguments, surroundings and logging; then the window or a subcommand. The only place that asks the system for anything.

#![cfg_attr(windows, windows_subsystem = "windows")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use clap::Parser as _;
use stepscope::cli::output::warn;
use stepscope::cli::{self, Cli, WindowArgs};
use stepscope::{Folders, HubAccess, Startup};
use stepscope_core::model::{AnnotatorId, Clock, Timestamp};
use stepscope_core::scoring::Launch;

/// Rows are read by some threads and freed by another, at which the usual allocators are slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is passed to everything else")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// How many seconds this computer's time zone is ahead of UTC at that time.
fn local_offset(at: Timestamp) -> i32 {
    use chrono::{DateTime, Local, Offset as _};

    let at = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
    at.with_timezone(&Local).offset().fix().local_minus_utc()
}

/// Exit status for arguments that make no sense, as clap uses it.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    let startup = match startup(&cli.window) {
        Ok(startup) => startup,
        Err(message) => {
            warn(format!("stepscope: {message}"));
            return ExitCode::FAILURE;
        }
    };
    match &cli.job {
        Some(job) => ExitCode::from(cli::run(job, &startup)),
        None => match startup.paths.iter().find(|path| !path.exists()) {
            Some(path) => {
                warn(format!("stepscope: neither a subcommand nor a file or folder: {}", path.display()));
                ExitCode::from(WRONG_USAGE)
            }
            None => window(startup),
        },
    }
}

fn startup(args: &WindowArgs) -> Result<Startup, String> {
    let folders =
        folders().ok_or("no home directory; set HOME, or STEPSCOPE_HOME to a folder for settings and data")?;
    let program = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let annotator = args.annotator.clone().or_else(user_name).unwrap_or_else(|| "me".into());
    Ok(Startup {
        paths: args.paths.clone(),
        project: args.project.clone(),
        annotator: AnnotatorId::new(annotator),
        clock: Arc::new(SystemClock),
        offset: local_offset,
        worker: Launch { program: program.into_os_string(), args: vec!["worker".into()] },
        // The name under which vLLM itself looks for it.
        server_key: variable("VLLM_API_KEY"),
        folders,
        hub: hub_access(),
    })
}

/// The same variables as `huggingface_hub` for Python reads, so that both find the same models.
fn hub_access() -> HubAccess {
    let caches = || {
        let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(".cache"));
        variable("XDG_CACHE_HOME").map(PathBuf::from).or_else(home).unwrap_or_default()
    };
    let home = variable("HF_HOME").map_or_else(|| caches().join("huggingface"), PathBuf::from);
    let path = |names: [&str; 2], usual: &str| {
        names.into_iter().find_map(variable).map_or_else(|| home.join(usual), PathBuf::from)
    };
    HubAccess {
        cache: path(["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"], "hub"),
        endpoint: variable("HF_ENDPOINT").unwrap_or_else(|| HubAccess::ENDPOINT.into()),
        token: variable("HF_TOKEN").or_else(|| variable("HUGGING_FACE_HUB_TOKEN")),
        token_file: path(["HF_TOKEN_PATH", "HF_TOKEN_PATH"], "token"),
        offline: variable("HF_HUB_OFFLINE").is_some_and(|value| !matches!(value.as_str(), "0" | "false" | "no")),
        system_proxy: true,
    }
}

/// `STEPSCOPE_HOME` keeps everything of a user in one folder: for tests, and for portable installations.
fn folders() -> Option<Folders> {
    if let Some(home) = variable("STEPSCOPE_HOME") {
        let home = PathBuf::from(home);
        return Some(Folders { config: home.join("config"), data: home.join("data"), cache: home.join("cache") });
    }
    let places = directories::ProjectDirs::from("", "", "stepscope")?;
    Some(Folders {
        config: places.config_dir().into(),
        data: places.data_dir().into(),
        cache: places.cache_dir().into(),
    })
}

fn user_name() -> Option<String> {
    variable("STEPSCOPE_ANNOTATOR").or_else(|| variable("USER")).or_else(|| variable("USERNAME"))
}

#[expect(clippy::disallowed_methods, reason = "main hands what it reads to everything else")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn log_to_stderr() {
    let filter = variable("STEPSCOPE_LOG").unwrap_or_else(|| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

#[cfg(feature = "window")]
fn window(startup: Startup) -> ExitCode {
    use eframe::egui::ViewportBuilder;

    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon.png")).unwrap_or_default();
    let viewport = ViewportBuilder::default()
        .with_title("Stepscope")
        .with_app_id("stepscope")
        .with_icon(icon)
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([960.0, 600.0]);
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    let ended = eframe::run_native("stepscope", options, Box::new(|cc| Ok(Box::new(stepscope::App::new(cc, startup)))));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            warn(format!("stepscope: no window can be opened ({error}); `stepscope --help` lists what needs none"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "window"))]
fn window(_startup: Startup) -> ExitCode {
    warn("stepscope: this build has no window; `stepscope --help` lists what it can do");
    ExitCode::FAILURE
}
