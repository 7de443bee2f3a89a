//! The options of exports as flags: every one that core declares, with its reason and its values. What is a text of
//! several lines is given as a file.

use std::sync::LazyLock;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use stepscope_core::export::{ExportFormat, FORMATS, Policy, PolicyOption, house};

use super::Failure;
use super::output::warn;

/// Options whose values stand in files.
const IN_FILES: [&str; 2] = ["template", "fields"];

/// An option as a flag.
struct Flag {
    option: &'static PolicyOption,
    /// The name with dashes.
    long: String,
}

/// Every option, in the order of the dialog.
static FLAGS: LazyLock<Vec<Flag>> = LazyLock::new(|| {
    static OPTIONS: &[PolicyOption] = &Policy::OPTIONS;
    let flag = |option: &'static PolicyOption| Flag { option, long: option.name.replace('_', "-") };
    OPTIONS.iter().chain(Policy::PAIR_OPTIONS).map(flag).collect()
});

/// The options that were given, by name.
#[derive(Debug, Default)]
pub(super) struct PolicyArgs(Vec<(&'static str, String)>);

impl PolicyArgs {
    /// True where none was given.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The defaults of the format with what was given. What has no effect on the format is told.
    pub(super) fn policy(&self, format: &dyn ExportFormat) -> Result<Policy, Failure> {
        let mut policy = format.defaults();
        for (name, value) in &self.0 {
            if IN_FILES.contains(name) {
                let text = std::fs::read_to_string(value).map_err(|error| format!("cannot read {value}: {error}"))?;
                policy.set(name, &text).map_err(|error| format!("{error}: {value}"))?;
            } else {
                policy.set(name, &value.replace("\\n", "\n"))?;
            }
            if !format.options().contains(name) {
                warn(format!("--{} has no effect on {}", name.replace('_', "-"), format.name()));
            }
        }
        Ok(policy)
    }
}

impl FromArgMatches for PolicyArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |flag: &Flag| Some((flag.option.name, matches.get_one::<String>(flag.option.name)?.clone()));
        Ok(Self(FLAGS.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for PolicyArgs {
    fn augment_args(command: Command) -> Command {
        command.args(FLAGS.iter().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn arg(flag: &'static Flag) -> Arg {
    let PolicyOption { name, reason, values } = *flag.option;
    let known: Vec<&str> = values.iter().map(|(value, _)| *value).collect();
    let does = values.iter().map(|(value, does)| format!("\n- {value}: {does}")).collect::<Vec<_>>().concat();
    let arg = Arg::new(name).long(flag.long.as_str()).help_heading("Options of the format");
    // Yes or no needs no value.
    let arg = if known == ["false", "true"] { arg.num_args(0..=1).default_missing_value("true") } else { arg };
    let short = if known.is_empty() { reason.to_owned() } else { format!("{reason}: {}", known.join(", ")) };
    let value = match name {
        name if IN_FILES.contains(&name) => "FILE",
        _ if known.is_empty() => "TEXT",
        _ => "VALUE",
    };
    let does = if name == "template" { house::HELP.to_owned() } else { does };
    arg.value_name(value).help(short).long_help(format!("{reason}{does}"))
}

/// The formats with what each is for, for help.
pub(super) fn formats() -> String {
    let list = FORMATS.iter().map(|format| format!("\n- {}: {}", format.name().replace('_', "-"), format.caption()));
    format!("The format{}", list.collect::<Vec<_>>().concat())
}
