//! The named options that decide what becomes of labels a format cannot hold. Never stored as truth: each export
//! writes the ones it used into its manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::house::{check_fields, check_template};
use super::pairs::{PAIR_OPTIONS, PairOptions};
use super::shapes::{AttemptLayout, LossAs, ToolArguments, ToolTurns, TreeLayout, TreeValues, WrongSteps};
use super::{ExportError, ExportFormat};

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
            pub(super) const VALUES: &'static [(&'static str, &'static str)] =
                &[$(($value, $text.trim_ascii_start()),)+];

            /// The name used in files and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $value,)+ }
            }

            pub(super) fn parse(text: &str) -> Result<Self, ExportError> {
                let found = Self::ALL.iter().find(|(_, name, _)| *name == text).map(|(value, _, _)| *value);
                found.ok_or_else(|| unknown_value($option, text, Self::VALUES))
            }
        }
    };
}

pub(super) use choice;

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
        /// A neutral step stays in the text, but nothing is learned from its label.
        Mask = "mask",
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
        /// Nothing is learned from later steps; formats that cannot say so of a step end the row with the first bad one.
        Mask = "mask",
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
        /// An undecided step stays in the text, but nothing is learned from its label.
        Mask = "mask",
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
        /// An unlabelled step stays in the text, but nothing is learned from it.
        Mask = "mask",
    }
}

choice! {
    /// What a bad step becomes where a later step of the path is rated good: an error that was put right.
    SelfCorrected "self_corrected" {
        /// It is an error like any other.
        #[default]
        Raw = "raw",
        /// All steps from it to the one before the good step are bad; what follows keeps its labels.
        Segment = "segment",
        /// It counts as neutral.
        Neutral = "neutral",
        /// A row with such a step is left out.
        Drop = "drop",
    }
}

choice! {
    /// What a soft label becomes.
    SoftLabels "soft" {
        /// A row that needs a soft label other than 0 and 1 is left out.
        #[default]
        Refuse = "refuse",
        /// A step is good from the threshold on, else bad.
        Threshold = "threshold",
        /// All labels are written as numbers; a trainer that casts them to whole numbers makes 0.7 a 0.
        Float = "float",
    }
}

choice! {
    /// What becomes of a heading such as `Step 3:` at the start of a step.
    Headings "headings" {
        /// Texts stay as they are.
        #[default]
        Keep = "keep",
        /// The heading is taken off.
        Strip = "strip",
        /// Each step begins with `Step` and its number, in place of a heading it has.
        Number = "number",
    }
}

choice! {
    /// The names that a chat goes by.
    ChatKeys "chat_keys" {
        /// `conversations` of `role` and `content`.
        #[default]
        Conversations = "conversations",
        /// `messages` of `role` and `content`.
        Messages = "messages",
        /// `conversations` of `from` and `value`, by `human` and `gpt`.
        Sharegpt = "sharegpt",
    }
}

choice! {
    /// The shape of a row with a critique.
    CritiqueLayout "critique_layout" {
        /// A chat: the steps are asked about, the critique is the answer.
        #[default]
        Messages = "messages",
        /// A `prompt` and a `critique`.
        Flat = "flat",
    }
}

choice! {
    /// How a critique ends.
    VerdictLine "verdict_line" {
        /// With `\boxed` around the position of the first error from 0, or around -1 for none.
        #[default]
        Boxed = "boxed",
        /// With `Is the solution correct? Yes`, or `No`.
        YesNo = "yes_no",
        /// With its own last word.
        None = "none",
    }
}

choice! {
    /// What one row of a format of single answers is.
    PerRow "per" {
        /// Each judged step, asked for with the steps before it.
        #[default]
        Step = "step",
        /// The whole path, wanted where no step of it is bad.
        Trace = "trace",
    }
}

/// A number of an option. Finite, so that policies can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Finite(f64);

impl Eq for Finite {}

impl Finite {
    /// The number; `None` where it is none or infinite.
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
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
    /// What an error becomes that was put right further on.
    pub self_corrected: SelfCorrected,
    /// What a soft label becomes.
    pub soft: SoftLabels,
    /// The least soft label of a good step.
    pub soft_threshold: Finite,
    /// What becomes of headings such as `Step 3:`.
    pub headings: Headings,
    /// What one row is, in formats of single answers.
    pub per: PerRow,
    /// The names that a chat goes by.
    pub chat_keys: ChatKeys,
    /// The shape of a row with a critique.
    pub critique_layout: CritiqueLayout,
    /// How a critique ends.
    pub verdict_line: VerdictLine,
    /// What an attempt is in a row of several.
    #[serde(default)]
    pub attempts: AttemptLayout,
    /// How a tree is written.
    #[serde(default)]
    pub tree_layout: TreeLayout,
    /// Where the values of a tree come from.
    #[serde(default)]
    pub tree_values: TreeValues,
    /// What becomes of tool calls and turns of others.
    #[serde(default)]
    pub tools: ToolTurns,
    /// How the arguments of a tool call are written.
    #[serde(default)]
    pub tool_arguments: ToolArguments,
    /// How a row says what is learned from.
    #[serde(default)]
    pub loss_as: LossAs,
    /// What becomes of the step that was wrong.
    #[serde(default)]
    pub wrong_steps: WrongSteps,
    /// The text of a template; see [`house`](super::house).
    #[serde(default)]
    pub template: String,
    /// A map of fields in TOML; see [`house`](super::house).
    #[serde(default)]
    pub fields: String,
    /// Which pairs are made, and what a row of them holds.
    #[serde(default)]
    pub pairs: PairOptions,
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
            self_corrected: SelfCorrected::default(),
            soft: SoftLabels::default(),
            soft_threshold: Finite(0.5),
            headings: Headings::default(),
            per: PerRow::default(),
            chat_keys: ChatKeys::default(),
            critique_layout: CritiqueLayout::default(),
            verdict_line: VerdictLine::default(),
            attempts: AttemptLayout::default(),
            tree_layout: TreeLayout::default(),
            tree_values: TreeValues::default(),
            tools: ToolTurns::default(),
            tool_arguments: ToolArguments::default(),
            loss_as: LossAs::default(),
            wrong_steps: WrongSteps::default(),
            template: String::new(),
            fields: String::new(),
            pairs: PairOptions::default(),
        }
    }
}

const A_NUMBER: &[(&str, &str)] = &[("a finite number", "")];

const ONLY_FINISHED: &[(&str, &str)] =
    &[("false", "Every labelled trace is exported."), ("true", "Only traces marked as done are exported.")];

impl Policy {
    /// Every option but those of [pairs](Self::PAIR_OPTIONS), in the order of the dialog.
    pub const OPTIONS: [PolicyOption; 23] = [
        PolicyOption { name: "neutral", reason: "The format knows only good and bad", values: NeutralSteps::VALUES },
        PolicyOption {
            name: "after_error",
            reason: "Steps that build on an error are wrong in another sense than the error itself",
            values: AfterError::VALUES,
        },
        PolicyOption {
            name: "self_corrected",
            reason: "Who notices an error and mends it is not lost after it",
            values: SelfCorrected::VALUES,
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
        PolicyOption { name: "soft", reason: "A probability is neither good nor bad", values: SoftLabels::VALUES },
        PolicyOption { name: "soft_threshold", reason: "The least soft label of a good step", values: &[] },
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
        PolicyOption {
            name: "headings",
            reason: "Some trainers expect numbered steps, others none",
            values: Headings::VALUES,
        },
        PolicyOption { name: "per", reason: "A judgement of a step, or of a whole answer", values: PerRow::VALUES },
        PolicyOption {
            name: "chat_keys",
            reason: "Trainers look for a chat under these names",
            values: ChatKeys::VALUES,
        },
        PolicyOption {
            name: "critique_layout",
            reason: "Trainers read chats or plain fields",
            values: CritiqueLayout::VALUES,
        },
        PolicyOption {
            name: "verdict_line",
            reason: "A judge's verdict is read off the end of its words",
            values: VerdictLine::VALUES,
        },
        PolicyOption {
            name: "attempts",
            reason: "Some readers want steps, others whole texts",
            values: AttemptLayout::VALUES,
        },
        PolicyOption {
            name: "tree_layout",
            reason: "Readers want nodes within nodes, tables want nodes in a list",
            values: TreeLayout::VALUES,
        },
        PolicyOption {
            name: "tree_values",
            reason: "What a search believed differs from how its ends came out",
            values: TreeValues::VALUES,
        },
        PolicyOption {
            name: "tools",
            reason: "One answer cannot hold what others said in between",
            values: ToolTurns::VALUES,
        },
        PolicyOption {
            name: "tool_arguments",
            reason: "Objects of many tools make many columns",
            values: ToolArguments::VALUES,
        },
        PolicyOption { name: "loss_as", reason: "Trainers look for it under these names", values: LossAs::VALUES },
        PolicyOption {
            name: "wrong_steps",
            reason: "An error may be shown without being taught",
            values: WrongSteps::VALUES,
        },
        PolicyOption {
            name: "template",
            reason: "Your own format: a template in Jinja that gives one JSON value for each trace",
            values: &[],
        },
        PolicyOption {
            name: "fields",
            reason: "Your own format: TOML that names each field and the expression it holds",
            values: &[],
        },
    ];

    /// Every option of pairs, in the order of the dialog.
    pub const PAIR_OPTIONS: &'static [PolicyOption] = &PAIR_OPTIONS;

    /// The option of that name; dashes count as underscores.
    pub fn option(name: &str) -> Result<&'static PolicyOption, ExportError> {
        const OPTIONS: &[PolicyOption; 23] = &Policy::OPTIONS;
        let wanted = name.replace('-', "_");
        let all = || OPTIONS.iter().chain(Self::PAIR_OPTIONS);
        all().find(|option| option.name == wanted).ok_or_else(|| {
            let known = all().map(|option| option.name).collect::<Vec<_>>().join(", ");
            ExportError::UnknownOption { name: name.into(), known }
        })
    }

    /// Sets the option of that name from text.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ExportError> {
        let name = Self::option(name)?.name;
        if self.pairs.set(name, value)? {
            return Ok(());
        }
        match name {
            "neutral" => self.neutral = NeutralSteps::parse(value)?,
            "after_error" => self.after_error = AfterError::parse(value)?,
            "unsure" => self.unsure = UnsureSteps::parse(value)?,
            "unlabelled" => self.unlabelled = UnlabelledSteps::parse(value)?,
            "only_finished" => {
                self.only_finished =
                    value.parse().map_err(|_error| unknown_value("only_finished", value, ONLY_FINISHED))?;
            }
            "self_corrected" => self.self_corrected = SelfCorrected::parse(value)?,
            "soft" => self.soft = SoftLabels::parse(value)?,
            "soft_threshold" => {
                let number = value.parse().ok().and_then(Finite::new);
                self.soft_threshold = number.ok_or_else(|| unknown_value("soft_threshold", value, A_NUMBER))?;
            }
            "headings" => self.headings = Headings::parse(value)?,
            "per" => self.per = PerRow::parse(value)?,
            "chat_keys" => self.chat_keys = ChatKeys::parse(value)?,
            "critique_layout" => self.critique_layout = CritiqueLayout::parse(value)?,
            "verdict_line" => self.verdict_line = VerdictLine::parse(value)?,
            "attempts" => self.attempts = AttemptLayout::parse(value)?,
            "tree_layout" => self.tree_layout = TreeLayout::parse(value)?,
            "tree_values" => self.tree_values = TreeValues::parse(value)?,
            "tools" => self.tools = ToolTurns::parse(value)?,
            "tool_arguments" => self.tool_arguments = ToolArguments::parse(value)?,
            "loss_as" => self.loss_as = LossAs::parse(value)?,
            "wrong_steps" => self.wrong_steps = WrongSteps::parse(value)?,
            "template" => {
                check_template(value)?;
                self.template = value.into();
            }
            "fields" => {
                check_fields(value)?;
                self.fields = value.into();
            }
            _ => self.step_separator = value.into(),
        }
        Ok(())
    }

    /// The value of the option of that name, as text.
    pub fn get(&self, name: &str) -> Result<String, ExportError> {
        let name = Self::option(name)?.name;
        if let Some(value) = self.pairs.get(name) {
            return Ok(value);
        }
        Ok(match name {
            "neutral" => self.neutral.name().into(),
            "after_error" => self.after_error.name().into(),
            "unsure" => self.unsure.name().into(),
            "unlabelled" => self.unlabelled.name().into(),
            "only_finished" => self.only_finished.to_string(),
            "self_corrected" => self.self_corrected.name().into(),
            "soft" => self.soft.name().into(),
            "soft_threshold" => self.soft_threshold.get().to_string(),
            "headings" => self.headings.name().into(),
            "per" => self.per.name().into(),
            "chat_keys" => self.chat_keys.name().into(),
            "critique_layout" => self.critique_layout.name().into(),
            "verdict_line" => self.verdict_line.name().into(),
            "attempts" => self.attempts.name().into(),
            "tree_layout" => self.tree_layout.name().into(),
            "tree_values" => self.tree_values.name().into(),
            "tools" => self.tools.name().into(),
            "tool_arguments" => self.tool_arguments.name().into(),
            "loss_as" => self.loss_as.name().into(),
            "wrong_steps" => self.wrong_steps.name().into(),
            "template" => self.template.clone(),
            "fields" => self.fields.clone(),
            _ => self.step_separator.clone(),
        })
    }

    /// Whether steps may be kept from being learned from.
    pub(super) fn masks(&self) -> bool {
        self.neutral == NeutralSteps::Mask
            || self.after_error == AfterError::Mask
            || self.unsure == UnsureSteps::Mask
            || self.unlabelled == UnlabelledSteps::Mask
    }

    /// Why that value cannot be used with a format.
    pub(super) fn lacking(option: &'static str, value: &str, format: &dyn ExportFormat) -> ExportError {
        let values = Self::option(option).map_or(&[][..], |option| option.values);
        let lacks = |value: &str| format.lacks().contains(&(option, value));
        let left: Vec<(&str, &str)> = values.iter().copied().filter(|(value, _)| !lacks(value)).collect();
        unknown_value(option, value, &left)
    }

    /// The named options with their values, for the manifest.
    pub(super) fn values(&self, names: &[&str]) -> BTreeMap<String, String> {
        let value = |name: &str| Some((name.to_owned(), self.get(name).ok()?));
        names.iter().filter_map(|name| value(name)).collect()
    }
}

pub(super) fn unknown_value(option: &'static str, value: &str, values: &[(&str, &str)]) -> ExportError {
    let known = values.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    ExportError::UnknownValue { option, value: value.into(), known }
}
