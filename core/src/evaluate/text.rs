//! A report as text for the terminal.

use std::fmt::{self, Display, Formatter};

use super::binary::share;
use super::report::{FirstErrorFigures, Report};
use super::response::{Against, ResponseReport};
use super::steps::{Group, StepFigures, StepReport};
use crate::evaluate::chance::Interval;

/// Groups that are listed; the others are counted.
const GROUPS: usize = 30;

/// A share as percent, or a dash.
pub(super) fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{:.1}", value * 100.0))
}

/// A figure with three digits, or a dash.
pub(super) fn digits(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.3}"))
}

/// From where to where, as percent.
pub(super) fn between(interval: Option<Interval>) -> String {
    interval.map(|i| format!(" [{:.1}, {:.1}]", i.low * 100.0, i.high * 100.0)).unwrap_or_default()
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = self.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
        writeln!(f, "{}{kind} against the labels {}", self.scorer, self.labels)?;
        writeln!(f, "{} of {} traces judged; {} without a score", self.judged, self.traces, self.unscored)?;
        for one in &self.left_out {
            writeln!(f, "  {}: {}", one.reason, one.traces)?;
        }
        writeln!(f, "\nFirst error, flagged below {} ({})", self.threshold, self.threshold_from)?;
        if let Some(chosen) = &self.chosen {
            let (f1, traces, problems) = (percent(Some(chosen.f1)), chosen.traces, chosen.problems);
            writeln!(f, "  chosen on {traces} traces of {problems} problems, F1 {f1} there")?;
        }
        first_error(f, &self.first_error)?;
        for failure in self.failures.iter().filter(|failure| failure.traces > 0) {
            writeln!(f, "  {}: {}", failure.failure.caption(), failure.traces)?;
        }
        if let Some(field) = &self.by_field {
            writeln!(f, "\nBy {field}: F1, accuracy on erroneous and on correct traces, how many of each")?;
            for group in self.by.iter().take(GROUPS) {
                let FirstErrorFigures { f1, acc_error, acc_correct, counts, intervals } = &group.figures;
                let value = if group.value.is_empty() { "(none)" } else { &group.value };
                let (f1, range) = (percent(*f1), between(intervals.f1));
                let (error, correct) = (percent(*acc_error), percent(*acc_correct));
                writeln!(f, "  {value}: {f1}{range}  {error}  {correct}  ({}, {})", counts.erroneous, counts.correct)?;
            }
            if self.by.len() > GROUPS {
                writeln!(f, "  and {} more; --json has all", self.by.len() - GROUPS)?;
            }
        }
        steps(f, &self.step)?;
        for response in &self.response {
            attempts(f, response)?;
        }
        for note in &self.notes {
            writeln!(f, "\nNote: {note}")?;
        }
        Ok(())
    }
}

fn first_error(f: &mut Formatter<'_>, figures: &FirstErrorFigures) -> fmt::Result {
    let FirstErrorFigures { f1, acc_error, acc_correct, counts, intervals } = figures;
    writeln!(f, "  F1 {}{}", percent(*f1), between(intervals.f1))?;
    let (hits, all) = (counts.error_hits, counts.erroneous);
    writeln!(f, "  erroneous traces {}{} ({hits} of {all})", percent(*acc_error), between(intervals.acc_error))?;
    let (hits, all) = (counts.correct_hits, counts.correct);
    writeln!(f, "  correct traces {}{} ({hits} of {all})", percent(*acc_correct), between(intervals.acc_correct))
}

fn steps(f: &mut Formatter<'_>, step: &StepReport) -> fmt::Result {
    writeln!(f, "\nSteps: good and bad, AUC, average precision for bad and good, Brier, ECE, PRM-Score")?;
    line(f, "up to the first error", &step.figures)?;
    line(f, "after it", &step.after_error)?;
    line(f, "all", &step.all)?;
    let groups: [(&str, &[Group]); 4] =
        [("place", &step.by_position), ("sort", &step.by_kind), ("text", &step.by_text), ("length", &step.by_length)];
    for (what, groups) in groups {
        if groups.len() > 1 {
            writeln!(f, "  by {what}")?;
            for group in groups {
                line(f, &format!("  {}", group.name), &group.figures)?;
            }
        }
    }
    if !step.by_error.is_empty() {
        writeln!(f, "  by kind of error: flagged, AUC against all good steps")?;
        for one in &step.by_error {
            let recall = percent(share(one.flagged, one.bad));
            writeln!(f, "    {}: {} of {} ({recall})  {}", one.name, one.flagged, one.bad, digits(one.auc))?;
        }
    }
    Ok(())
}

fn line(f: &mut Formatter<'_>, name: &str, figures: &StepFigures) -> fmt::Result {
    let StepFigures { good, bad, auc, average_precision_bad, average_precision_good, brier, ece, prm_score, .. } =
        figures;
    if good + bad == 0 {
        return Ok(());
    }
    let list = [auc, average_precision_bad, average_precision_good, brier, ece, prm_score];
    let list: Vec<String> = list.into_iter().map(|value| digits(*value)).collect();
    writeln!(f, "  {name}: {good} + {bad}  {}", list.join("  "))
}

fn attempts(f: &mut Formatter<'_>, response: &ResponseReport) -> fmt::Result {
    let what = match response.against {
        Against::Outcome => "final answer",
        Against::Process => "steps",
    };
    let ResponseReport { problems, attempts, with_answer, by_aggregate, .. } = response;
    writeln!(f, "\nChoosing among {attempts} attempts at {problems} problems, against the {what}")?;
    writeln!(f, "  {with_answer} attempts have a final answer to vote with")?;
    for one in by_aggregate {
        writeln!(f, "  {}: rank@1 {}", one.aggregate, percent(one.rank_at_1))?;
        for at in &one.curve {
            let (n, problems) = (at.n, at.problems);
            let list = [Some(at.mean), Some(at.best), Some(at.pass), at.majority, at.weighted_majority];
            let [mean, best, pass, majority, weighted] = list.map(percent);
            writeln!(
                f,
                "    of {n} ({problems} problems): one {mean}, best {best}, any {pass}, vote {majority}, weighted {weighted}"
            )?;
        }
    }
    Ok(())
}
