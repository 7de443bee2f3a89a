//! Which result belongs to which call of a tool.

use std::collections::HashMap;

use super::{Step, StepIndex, StepKind};

/// So far up a result without an id looks for its call, in steps.
const FAR: usize = 256;

/// Calls and their results. In a tree, a call may have one result on each branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    calls: HashMap<StepIndex, StepIndex>,
    results: HashMap<StepIndex, Vec<StepIndex>>,
}

impl Calls {
    /// Pairs them by the id of the call. Where there is none, a result belongs to the call before it that bears the same
    /// name, or to that right before it where the result bears none; of several calls in a row the first is answered
    /// first.
    pub fn new(steps: &[Step]) -> Self {
        let mut calls = Self::default();
        let mut by_id: HashMap<&str, Vec<StepIndex>> = HashMap::new();
        for (index, step) in (0..).zip(steps) {
            let id = step.tool.as_ref().and_then(|tool| tool.call_id.as_deref());
            if is_call(step) {
                if let Some(id) = id {
                    by_id.entry(id).or_default().push(index);
                }
            } else if is_result(step) {
                let call = match id {
                    Some(id) => by_id.get(id).and_then(|named| nearest(steps, named, index)),
                    None => calls.unnamed(steps, index),
                };
                if let Some(call) = call {
                    calls.calls.insert(index, call);
                    calls.results.entry(call).or_default().push(index);
                }
            }
        }
        calls
    }

    /// The call that a step is the result of.
    pub fn call_of(&self, result: StepIndex) -> Option<StepIndex> {
        self.calls.get(&result).copied()
    }

    /// The results of a call, in order.
    pub fn results_of(&self, call: StepIndex) -> &[StepIndex] {
        self.results.get(&call).map_or(&[], Vec::as_slice)
    }

    /// The result of a call that stands on a path, which has to be in order; else its first one.
    pub fn result_on(&self, call: StepIndex, path: &[StepIndex]) -> Option<StepIndex> {
        let results = self.results_of(call);
        let on_path = results.iter().find(|result| path.binary_search(result).is_ok());
        on_path.or(results.first()).copied()
    }

    /// The call of a result, or the result of a call.
    pub fn partner(&self, step: StepIndex, path: &[StepIndex]) -> Option<StepIndex> {
        self.call_of(step).or_else(|| self.result_on(step, path))
    }

    /// True where nothing was called, or nothing answered.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    fn unnamed(&self, steps: &[Step], result: StepIndex) -> Option<StepIndex> {
        let name = name_of(steps.get(result as usize)?);
        let mut answered = Vec::new();
        // The calls of a row, the last first: those of an earlier row count only by name.
        let mut row: Vec<StepIndex> = Vec::new();
        let mut is_first_row = true;
        let mut said_meanwhile = false;
        let choose = |row: &mut Vec<StepIndex>, answered: &[StepIndex], is_near: bool| {
            let fits = |call: &&StepIndex| {
                let called = steps.get(**call as usize).and_then(name_of);
                let names = match (name, called) {
                    (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
                    _ => is_near,
                };
                names && !answered.contains(*call)
            };
            let found = row.iter().rev().find(fits).copied();
            row.clear();
            found
        };
        let mut at = steps.get(result as usize)?.parent;
        for _ in 0..FAR {
            let Some((index, step)) = at.and_then(|at| Some((at, steps.get(at as usize)?))) else { break };
            if is_call(step) {
                row.push(index);
            } else {
                let ends_row = is_result(step) && !row.is_empty();
                if ends_row {
                    if let Some(found) = choose(&mut row, &answered, is_first_row && !said_meanwhile) {
                        return Some(found);
                    }
                    is_first_row = false;
                }
                if is_result(step) {
                    answered.extend(self.call_of(index));
                } else if row.is_empty() && !matches!(step.kind, StepKind::Note | StepKind::System | StepKind::State) {
                    said_meanwhile = true;
                }
            }
            at = step.parent.filter(|parent| *parent < index);
        }
        choose(&mut row, &answered, is_first_row && !said_meanwhile)
    }
}

/// True for steps that ask a tool or an environment for something.
pub const fn is_call(step: &Step) -> bool {
    matches!(step.kind, StepKind::ToolCall | StepKind::Action)
}

/// True for steps that a tool or an environment gave back.
pub const fn is_result(step: &Step) -> bool {
    matches!(step.kind, StepKind::ToolResult | StepKind::Observation)
}

fn name_of(step: &Step) -> Option<&str> {
    step.tool.as_ref().map(|tool| tool.name.as_str()).filter(|name| !name.is_empty())
}

/// Of several calls with one id the nearest above, as branches repeat ids; else the last before.
fn nearest(steps: &[Step], named: &[StepIndex], result: StepIndex) -> Option<StepIndex> {
    if let [only] = named {
        return Some(*only);
    }
    let mut at = steps.get(result as usize).and_then(|step| step.parent);
    while let Some(index) = at {
        if named.contains(&index) {
            return Some(index);
        }
        at = steps.get(index as usize).and_then(|step| step.parent).filter(|parent| *parent < index);
    }
    named.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ToolCall;

    /// One word per step: `c` call, `r` result, `o` observation, `t` thought; then the name, and an id after `#`.
    fn check(words: &str, expected: &[(u32, u32)]) {
        let steps: Vec<Step> = (0..).zip(words.split(' ')).map(|(at, word)| step(at, word)).collect();
        let calls = Calls::new(&steps);
        let found: Vec<(u32, u32)> =
            (0..).take(steps.len()).filter_map(|result| Some((calls.call_of(result)?, result))).collect();
        assert_eq!(found, expected, "{words}");
    }

    fn step(at: u32, word: &str) -> Step {
        let (kind, rest) = word.split_at(1);
        let kind = match kind {
            "c" => StepKind::ToolCall,
            "r" => StepKind::ToolResult,
            "o" => StepKind::Observation,
            _ => StepKind::Thought,
        };
        let (name, id) = rest.split_once('#').map_or((rest, None), |(name, id)| (name, Some(id.to_owned())));
        let tool = ToolCall { name: name.into(), arguments: String::new(), call_id: id };
        let tool = (kind != StepKind::Thought && !rest.is_empty()).then_some(tool);
        Step { parent: at.checked_sub(1), kind, tool, ..Step::default() }
    }

    #[test]
    fn results_find_their_calls() {
        check("cls r t cls r", &[(0, 1), (3, 4)]);
        check("ca#1 cb#2 rb#2 ra#1", &[(1, 2), (0, 3)]);
        check("ca ca ra ra", &[(0, 2), (1, 3)]);
        check("ca cb rb ra", &[(1, 2), (0, 3)]);
        check("ca cb o o", &[(0, 2), (1, 3)]);
        check("ca t t o", &[]);
        check("ca t cb rb ra", &[(2, 3), (0, 4)]);
        check("ca rb", &[]);
        check("ca#1 r#2", &[]);
        check("t t t", &[]);
    }

    #[test]
    fn each_branch_has_its_result() {
        let mut steps: Vec<Step> = (0..).zip(["ca", "ra", "ra", "t"]).map(|(at, word)| step(at, word)).collect();
        steps[2].parent = Some(0);
        let calls = Calls::new(&steps);
        assert_eq!(calls.results_of(0), [1, 2]);
        assert_eq!((calls.partner(0, &[0, 2, 3]), calls.partner(2, &[0, 2, 3])), (Some(2), Some(0)));
        assert_eq!(calls.partner(3, &[0, 2, 3]), None);
    }

    #[test]
    fn ids_repeated_on_branches_stay_on_their_branch() {
        let mut steps: Vec<Step> = (0..).zip(["t", "ca#1", "ca#1", "ra#1"]).map(|(at, word)| step(at, word)).collect();
        steps[2].parent = Some(0);
        steps[3].parent = Some(1);
        assert_eq!(Calls::new(&steps).call_of(3), Some(1));
    }
}
