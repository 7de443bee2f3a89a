//! The named options that decide what becomes of labels a format cannot hold. Never stored as truth: each export
//! writes the ones it used into its manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ExportError;

/// One option as the dialog and the help show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyOption {
    /// The name, on the command line as `--name` with dashes for underscores.
    pub name: &'static str,
    /// Why one would change it, in one line.
    pub reason: &'static str,
    /// The values with what each does, default first; empty where any text is allowed.
    pub values: &'static [(&'static str, &'static str)],
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident $option:literal { $(#[doc = $text:literal] $(#[$more:meta])* $variant:ident = $value:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $(#[doc = $text] $(#[$more])* $variant,)+ }

        impl $name {
            /// Every value with its name and what it does, default first.
            pub const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$variant, $value, $text.trim_ascii_start()),)+];

            /// The same without the values themselves, for [`PolicyOption`].
            const VALUES: &'static [(&'static str, &'static str)] =
                &[$(($value, $text.trim_ascii_start()),)+];

            /// The name used in files and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $value,)+ }
            }

            fn parse(text: &str) -> Result<Self, ExportError> {
                let found = Self::ALL.iter().find(|(_, name, _)| *name == text).map(|(value, _, _)| *value);
                found.ok_or_else(|| unknown_value($option, text, Self::VALUES))
            }
        }
    };
}

choice! {
    /// What a neutral step becomes.
    NeutralSteps "neutral" {
        /// A neutral step does no harm: it counts as good.
        #[default]
        Good = "good",
        /// Only steps that help count as good, as in TRL's own conversion of PRM800K.
        Bad = "bad",
        /// A row with a neutral step is left out.
        Drop = "drop",
    }
}

choice! {
    /// What follows the first bad step of a row.
    AfterError "after_error" {
        /// The row ends with the first bad step.
        #[default]
        Cut = "cut",
        /// Every step after the first bad one counts as bad.
        Bad = "bad",
        /// Later steps keep the labels they were given.
        Raw = "raw",
    }
}

choice! {
    /// What a step becomes on which nobody could decide.
    UnsureSteps "unsure" {
        /// A row with an undecided step is left out.
        #[default]
        Drop = "drop",
        /// An undecided step counts as good.
        Good = "good",
        /// An undecided step counts as bad.
        Bad = "bad",
    }
}

choice! {
    /// What a step becomes that has no label.
    UnlabelledSteps "unlabelled" {
        /// A row that needs the label of an unlabelled step is left out.
        #[default]
        Refuse = "refuse",
        /// An unlabelled step counts as good; with own labels only in traces marked as done.
        Good = "good",
    }
}

/// The options of one export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// What a neutral step becomes.
    pub neutral: NeutralSteps,
    /// What follows the first bad step.
    pub after_error: AfterError,
    /// What an undecided step becomes.
    pub unsure: UnsureSteps,
    /// What an unlabelled step becomes.
    pub unlabelled: UnlabelledSteps,
    /// Whether only traces that an annotator marked as done are exported.
    pub only_finished: bool,
    /// What the trainer puts between steps; no step may begin or end with it. Empty: not checked.
    pub step_separator: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            neutral: NeutralSteps::default(),
            after_error: AfterError::default(),
            unsure: UnsureSteps::default(),
            unlabelled: UnlabelledSteps::default(),
            only_finished: false,
            step_separator: "\n".into(),
        }
    }
}

const ONLY_FINISHED: &[(&str, &str)] =
    &[("false", "Every labelled trace is exported."), ("true", "Only traces marked as done are exported.")];

impl Policy {
    /// Every option, in the order of the dialog.
    pub const OPTIONS: [PolicyOption; 6] = [
        PolicyOption { name: "neutral", reason: "The format knows only good and bad", values: NeutralSteps::VALUES },
        PolicyOption {
            name: "after_error",
            reason: "Steps that build on an error are wrong in another sense than the error itself",
            values: AfterError::VALUES,
        },
        PolicyOption {
            name: "unsure",
            reason: "An undecided step is neither good nor bad",
            values: UnsureSteps::VALUES,
        },
        PolicyOption {
            name: "unlabelled",
            reason: "A missing label is not a good one unless you say so",
            values: UnlabelledSteps::VALUES,
        },
        PolicyOption {
            name: "only_finished",
            reason: "Labels of an unfinished trace may still change",
            values: ONLY_FINISHED,
        },
        PolicyOption {
            name: "step_separator",
            reason: "The trainer joins steps with it, so a step that begins or ends with it would double it",
            values: &[],
        },
    ];

    /// The option of that name; dashes count as underscores.
    pub fn option(name: &str) -> Result<&'static PolicyOption, ExportError> {
        const OPTIONS: &[PolicyOption; 6] = &Policy::OPTIONS;
        let wanted = name.replace('-', "_");
        OPTIONS.iter().find(|option| option.name == wanted).ok_or_else(|| {
            let known = Self::OPTIONS.iter().map(|option| option.name).collect::<Vec<_>>().join(", ");
            ExportError::UnknownOption { name: name.into(), known }
        })
    }

    /// Sets the option of that name from text.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ExportError> {
        match Self::option(name)?.name {
            "neutral" => self.neutral = NeutralSteps::parse(value)?,
            "after_error" => self.after_error = AfterError::parse(value)?,
            "unsure" => self.unsure = UnsureSteps::parse(value)?,
            "unlabelled" => self.unlabelled = UnlabelledSteps::parse(value)?,
            "only_finished" => {
                self.only_finished =
                    value.parse().map_err(|_error| unknown_value("only_finished", value, ONLY_FINISHED))?;
            }
            _ => self.step_separator = value.into(),
        }
        Ok(())
    }

    /// The value of the option of that name, as text.
    pub fn get(&self, name: &str) -> Result<String, ExportError> {
        Ok(match Self::option(name)?.name {
            "neutral" => self.neutral.name().into(),
            "after_error" => self.after_error.name().into(),
            "unsure" => self.unsure.name().into(),
            "unlabelled" => self.unlabelled.name().into(),
            "only_finished" => self.only_finished.to_string(),
            _ => self.step_separator.clone(),
        })
    }

    /// The named options with their values, for the manifest.
    pub(super) fn values(&self, names: &[&str]) -> BTreeMap<String, String> {
        let value = |name: &str| Some((name.to_owned(), self.get(name).ok()?));
        names.iter().filter_map(|name| value(name)).collect()
    }
}

fn unknown_value(option: &'static str, value: &str, values: &[(&str, &str)]) -> ExportError {
    let known = values.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    ExportError::UnknownValue { option, value: value.into(), known }
}
