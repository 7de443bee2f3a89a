//! What is said of a node that the pointer rests on, and what a folded one hides.

use stepscope_core::model::{StepFlag, StepIndex};

use super::picture::Skeleton;
use super::shade::Shades;
use crate::state::OpenTrace;
use crate::view_model::calls::failure;
use crate::view_model::one_line;
use crate::view_model::scores::{ScoreSeries, score_text};

/// Lines of text shown.
const LINES: usize = 6;

/// About one node.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Tip {
    /// Its number from the top, its kind, and what became of it.
    pub title: String,
    /// The first lines of its text.
    pub text: String,
    /// Name and value of what is known.
    pub facts: Vec<(String, String)>,
}

impl Tip {
    /// Gathers it.
    pub fn new(
        open: &OpenTrace,
        skeleton: &Skeleton,
        shades: &Shades,
        series: &[ScoreSeries],
        index: StepIndex,
    ) -> Option<Self> {
        let step = open.trace.step(index)?;
        let number = skeleton.levels.get(index as usize)? + u32::from(skeleton.roots == 1);
        let mut title = vec![format!("Step {number}"), step.kind.name().replace('_', " ")];
        // Where outcomes are hidden there are none.
        let shows_failure = failure(open, index, !shades.outcomes.is_empty()).is_some();
        let flags = step.flags.iter().filter(|flag| **flag != StepFlag::Failed || shows_failure);
        title.extend(flags.map(|flag| flag.name().to_owned()));
        if step.on_path && open.tree.is_branching() {
            title.push("on the returned path".into());
        }
        let mut text: String =
            step.text.lines().filter(|line| !line.trim().is_empty()).take(LINES).fold(String::new(), |text, line| {
                format!("{text}{}{}", if text.is_empty() { "" } else { "\n" }, one_line(line, 140))
            });
        if text.is_empty()
            && let Some(tool) = &step.tool
        {
            text = one_line(&format!("{}({})", tool.name, tool.arguments), 300);
        }
        let mut facts = Vec::new();
        for series in series.iter().take(8) {
            let Some(value) = series.at(index) else { continue };
            let detail = series.details.get(&index).and_then(|detail| detail.note.as_ref());
            let short = detail.filter(|note| note.len() < 60).map_or_else(String::new, |note| format!("  {note}"));
            facts.push((series.name.clone(), format!("{}{short}", score_text(value))));
        }
        if let Some((series, gain)) = series.first().and_then(|series| Some((series, advantage(open, series, index)?)))
        {
            facts.push((format!("{} against siblings", series.name), gain));
        }
        let below = skeleton.below.get(index as usize).copied().unwrap_or_default();
        if below > 0 {
            let ends = skeleton.ends.get(index as usize).copied().unwrap_or_default();
            let below = match (below, ends) {
                (1, _) => "1 step".to_owned(),
                (below, 1) => format!("{below} steps, 1 end"),
                (below, ends) => format!("{below} steps, {ends} ends"),
            };
            facts.push(("Below".into(), below));
            if let Some(hidden) = shades.hidden_text(index) {
                facts.push(("Folded".into(), hidden));
            }
        }
        if let Some(outcome) = shades.outcomes.get(index as usize).copied().flatten() {
            facts.push(("Ends".into(), if outcome { "✔ right" } else { "✖ wrong" }.into()));
        }
        Some(Self { title: title.join(" · "), text, facts })
    }
}

/// The value above the mean of all alternatives, itself among them, with its sign; `None` without alternatives that
/// have one.
pub fn advantage(open: &OpenTrace, series: &ScoreSeries, step: StepIndex) -> Option<String> {
    let value = series.at(step).filter(|value| value.is_finite())?;
    let siblings = open.tree.siblings(&open.trace.steps, step);
    let values: Vec<f64> =
        siblings.iter().filter_map(|&sibling| series.at(sibling)).filter(|v| v.is_finite()).collect();
    if values.len() < 2 {
        return None;
    }
    let gain = value - values.iter().sum::<f64>() / values.len() as f64;
    Some(signed(gain))
}

/// A difference with its sign; none where it is nothing.
pub fn signed(value: f64) -> String {
    let text = score_text(value.abs());
    match () {
        () if text.trim_matches(['0', '.']).is_empty() => "±0".into(),
        () if value < 0.0 => format!("−{text}"),
        () => format!("+{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::signed;

    #[test]
    fn differences_bear_a_sign() {
        assert_eq!([0.25, -0.5, 0.001, -0.001, 0.0].map(signed), ["+0.25", "−0.50", "±0", "±0", "±0"]);
    }
}
