//! The named options of pairs: which rules, which thresholds, how many, what a row holds.

use serde::{Deserialize, Serialize};

use super::pair::PairRule;
use crate::export::ExportError;
use crate::export::policy::PolicyOption;

/// The options of pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairOptions {
    /// Which rules propose pairs.
    pub rules: Vec<PairRule>,
    /// The score that rules about scores use; empty for the first that fits.
    pub score: String,
    /// The least margin.
    pub min_margin: f64,
    /// The least number of characters to change between the two steps.
    pub min_edit_distance: usize,
    /// So many pairs at most from one beginning; 0 for no limit.
    pub per_prefix: usize,
    /// So many pairs at most of one problem; 0 for no limit.
    pub per_problem: usize,
    /// How many times as long as the other a side may be; 0 for no limit.
    pub length_ratio: f64,
    /// What a neutral step is worth against good (1) and bad (0); `None`: it is not compared.
    pub neutral_value: Option<f64>,
    /// What a row holds of each side.
    pub completion: Completion,
    /// What a pair weighs.
    pub weight: PairWeight,
    /// The model to be trained, by the name that the data gives it; empty where it is not known.
    pub policy_model: String,
    /// Which of rStar-Math's two forms is written: 1, a pair per row; 2, a fork per row.
    pub stage: u8,
}

/// What a row holds of each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// The step and what follows it.
    #[default]
    Rest,
    /// The step alone. Whole attempts stay whole.
    Step,
}

/// What a pair weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairWeight {
    /// As much as its margin.
    #[default]
    Margin,
    /// As much as any other.
    Equal,
}

// No number of it is NaN: none such can be set.
impl Eq for PairOptions {}

impl Default for PairOptions {
    fn default() -> Self {
        use PairRule::{FirstError, Label, Outcome, Preference, Rewrite};
        Self {
            rules: vec![Preference, Rewrite, Label, FirstError, Outcome],
            score: String::new(),
            min_margin: 0.0,
            min_edit_distance: 0,
            per_prefix: 4,
            per_problem: 32,
            length_ratio: 0.0,
            neutral_value: Some(0.5),
            completion: Completion::default(),
            weight: PairWeight::default(),
            policy_model: String::new(),
            stage: 1,
        }
    }
}

/// Every option of pairs, in the order of the dialog.
pub(in crate::export) const OPTIONS: [PolicyOption; 12] = [
    PolicyOption {
        name: "pairs",
        reason: "What makes one side better: names of rules with commas between them: preference, rewrite, label, \
                 first_error, criterion, search, monte_carlo, score, returned, outcome, best_worst",
        values: &[],
    },
    PolicyOption { name: "pair_score", reason: "Which score is compared; empty for the first that fits", values: &[] },
    PolicyOption {
        name: "min_margin",
        reason: "A small difference is mostly noise, so pairs below it are left out",
        values: &[],
    },
    PolicyOption {
        name: "min_edit_distance",
        reason: "Two steps that differ in a few characters teach those characters",
        values: &[],
    },
    PolicyOption { name: "per_prefix", reason: "So many pairs at most from one beginning; 0 for all", values: &[] },
    PolicyOption {
        name: "per_problem",
        reason: "A problem with many attempts would outweigh the others; 0 for all",
        values: &[],
    },
    PolicyOption {
        name: "length_ratio",
        reason: "Where one side is much longer, length is what is learned: how many times as long it may be; 0 for any",
        values: &[],
    },
    PolicyOption {
        name: "pair_neutral",
        reason: "A neutral step is neither right nor wrong",
        values: &[
            ("between", "A neutral step is worse than a good one and better than a bad one."),
            ("good", "A neutral step is as good as a good one."),
            ("bad", "A neutral step is as bad as a bad one."),
            ("drop", "Neutral steps are not compared."),
        ],
    },
    PolicyOption {
        name: "completion",
        reason: "Trainers add an end of text to each side, so a single step teaches to stop after it",
        values: &[
            ("rest", "A side is the step and what follows it."),
            ("step", "A side is the step alone; whole attempts stay whole."),
        ],
    },
    PolicyOption {
        name: "pair_weight",
        reason: "What a pair counts in training",
        values: &[("margin", "A pair weighs as much as its margin."), ("equal", "Every pair weighs 1.")],
    },
    PolicyOption {
        name: "policy_model",
        reason: "Names the model to be trained, so that each row says whether both sides are its own words",
        values: &[],
    },
    PolicyOption {
        name: "rstar_stage",
        reason: "rStar-Math keeps pairs in two forms",
        values: &[("1", "A row is one pair."), ("2", "A row is one beginning with its good and its bad steps.")],
    },
];

impl PairOptions {
    /// Sets the option of that name; false where it is none of pairs.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, ExportError> {
        match name {
            "pairs" => self.rules = rules_from(value)?,
            "pair_score" => self.score = value.into(),
            "min_margin" => self.min_margin = number(name, value)?,
            "min_edit_distance" => self.min_edit_distance = count(name, value)?,
            "per_prefix" => self.per_prefix = count(name, value)?,
            "per_problem" => self.per_problem = count(name, value)?,
            "length_ratio" => self.length_ratio = number(name, value)?,
            "pair_neutral" => {
                self.neutral_value = match one_of(name, value)? {
                    "good" => Some(1.0),
                    "bad" => Some(0.0),
                    "drop" => None,
                    _ => Some(0.5),
                }
            }
            "completion" => {
                self.completion = if one_of(name, value)? == "step" { Completion::Step } else { Completion::Rest };
            }
            "pair_weight" => {
                self.weight = if one_of(name, value)? == "equal" { PairWeight::Equal } else { PairWeight::Margin };
            }
            "policy_model" => self.policy_model = value.into(),
            "rstar_stage" => self.stage = if one_of(name, value)? == "2" { 2 } else { 1 },
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The value of the option of that name, as text; `None` where it is none of pairs.
    pub fn get(&self, name: &str) -> Option<String> {
        Some(match name {
            "pairs" => self.rules.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(","),
            "pair_score" => self.score.clone(),
            "min_margin" => self.min_margin.to_string(),
            "min_edit_distance" => self.min_edit_distance.to_string(),
            "per_prefix" => self.per_prefix.to_string(),
            "per_problem" => self.per_problem.to_string(),
            "length_ratio" => self.length_ratio.to_string(),
            "pair_neutral" => match self.neutral_value {
                None => "drop",
                Some(value) if value >= 1.0 => "good",
                Some(value) if value <= 0.0 => "bad",
                Some(_) => "between",
            }
            .into(),
            "completion" => match self.completion {
                Completion::Rest => "rest",
                Completion::Step => "step",
            }
            .into(),
            "pair_weight" => match self.weight {
                PairWeight::Margin => "margin",
                PairWeight::Equal => "equal",
            }
            .into(),
            "policy_model" => self.policy_model.clone(),
            "rstar_stage" => self.stage.to_string(),
            _ => return None,
        })
    }
}

impl Serialize for PairRule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for PairRule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| serde::de::Error::custom(format!("no rule of pairs is called `{name}`")))
    }
}

fn rules_from(text: &str) -> Result<Vec<PairRule>, ExportError> {
    let rule = |name: &str| {
        PairRule::from_name(&name.trim().replace('-', "_")).ok_or_else(|| ExportError::UnknownValue {
            option: "pairs",
            value: name.trim().into(),
            known: PairRule::ALL.map(PairRule::name).join(", "),
        })
    };
    let mut rules: Vec<PairRule> = text.split(',').map(rule).collect::<Result<_, _>>()?;
    rules.sort_unstable();
    rules.dedup();
    Ok(rules)
}

fn option(name: &str) -> &'static PolicyOption {
    const FIRST: &PolicyOption = &OPTIONS[0];
    const ALL: &[PolicyOption; 12] = &OPTIONS;
    ALL.iter().find(|option| option.name == name).unwrap_or(FIRST)
}

fn one_of(name: &str, value: &str) -> Result<&'static str, ExportError> {
    let option = option(name);
    let found = option.values.iter().map(|(known, _)| *known).find(|known| *known == value);
    found.ok_or_else(|| {
        let known = option.values.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ");
        ExportError::UnknownValue { option: option.name, value: value.into(), known }
    })
}

fn number(name: &str, value: &str) -> Result<f64, ExportError> {
    let read = value.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    read.ok_or_else(|| refused(name, value, "a number that is not below 0"))
}

fn count(name: &str, value: &str) -> Result<usize, ExportError> {
    value.parse().map_err(|_error| refused(name, value, "a whole number from 0"))
}

fn refused(name: &str, value: &str, known: &str) -> ExportError {
    ExportError::UnknownValue { option: option(name).name, value: value.into(), known: known.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_read_as_it_is_written() {
        let mut options = PairOptions::default();
        let values = ["search,outcome", "q_value", "0.5", "20", "2", "7", "1.5", "drop", "step", "equal", "m", "2"];
        assert_eq!(values.len(), OPTIONS.len());
        for (option, value) in OPTIONS.iter().zip(values) {
            let before = options.get(option.name).unwrap();
            assert_ne!(before, value, "{}", option.name);
            assert!(option.values.first().is_none_or(|(first, _)| *first == before), "the default comes first");
            assert!(options.set(option.name, value).unwrap());
            assert_eq!(options.get(option.name).unwrap(), value);
        }
        let (text, again) = (serde_json::to_string(&options).unwrap(), options.clone());
        assert_eq!(serde_json::from_str::<PairOptions>(&text).unwrap(), again);
        assert!(!options.set("neutral", "good").unwrap());
    }

    #[test]
    fn what_is_no_value_is_refused_with_those_there_are() {
        let mut options = PairOptions::default();
        for (name, value, says) in [
            ("pairs", "label,labels", "choose one of preference, rewrite"),
            ("completion", "all", "choose one of rest, step"),
            ("min_margin", "-1", "a number that is not below 0"),
            ("min_margin", "NaN", "a number that is not below 0"),
            ("per_prefix", "few", "a whole number from 0"),
            ("rstar_stage", "3", "choose one of 1, 2"),
        ] {
            let error = options.set(name, value).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains(name), "{error}");
        }
    }

    #[test]
    fn the_reason_names_every_rule() {
        let reason = OPTIONS[0].reason;
        assert!(PairRule::ALL.iter().all(|rule| reason.contains(rule.name())), "{reason}");
    }
}
