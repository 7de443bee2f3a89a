//! Where a path first goes wrong, read off ratings of its steps. Everything that reads it off does it here.

use super::{StepKind, StepRating};

/// Authors whose words are not those of the model or agent.
pub(crate) const NOT_THE_AGENT: [&str; 7] =
    ["user", "human", "system", "developer", "tool", "environment", "observation"];

/// A step of a path, as far as it matters to where the path goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct RatedStep<'a> {
    /// How it is rated.
    pub rating: Option<StepRating>,
    /// What sort of step it is.
    pub kind: StepKind,
    /// Who wrote it.
    pub author: Option<&'a str>,
}

/// Where a path first goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstBad {
    /// At this step of it, from 0.
    At(usize),
    /// Nowhere.
    Nowhere,
}

/// The first bad step of a path, where all steps before it are rated; nowhere where all of the path is. `None` where that
/// is not known. Neutral steps are no errors, and a step of which somebody is unsure leaves it open.
///
/// Two sorts of steps may lack a rating, because nobody rates them: what others said to the agent (results of tools,
/// observations, words of a user), and the words or calls right in front of a call, which are judged with it. Benchmarks
/// of agents label turns by their last step, and not what came back (AgentProcessBench).
pub fn first_bad<'a>(path: impl IntoIterator<Item = RatedStep<'a>>) -> Option<FirstBad> {
    let mut path = path.into_iter().enumerate().peekable();
    let mut is_judged = false;
    while let Some((at, step)) = path.next() {
        match step.rating {
            Some(StepRating::Good | StepRating::Neutral) => is_judged = true,
            Some(StepRating::Bad) => return Some(FirstBad::At(at)),
            Some(StepRating::Unsure) => return None,
            None => {
                let leads_to_call = matches!(step.kind, StepKind::Thought | StepKind::Message | StepKind::ToolCall)
                    && path.peek().is_some_and(|(_, next)| next.kind == StepKind::ToolCall);
                if !leads_to_call && !is_of_others(step.kind, step.author) {
                    return None;
                }
            }
        }
    }
    is_judged.then_some(FirstBad::Nowhere)
}

/// It is not the words or deeds of the model or agent.
fn is_of_others(kind: StepKind, author: Option<&str>) -> bool {
    let by_others =
        || author.is_some_and(|author| NOT_THE_AGENT.iter().any(|other| author.eq_ignore_ascii_case(other)));
    match kind {
        StepKind::ToolResult | StepKind::Observation | StepKind::System | StepKind::Note => true,
        StepKind::Message => by_others(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_rates_is_passed_over() {
        use StepKind::{Answer, Message, Observation, Thought, ToolCall, ToolResult};
        let check = |path: &[(StepKind, &str, char)], expected: Option<FirstBad>| {
            let steps = path.iter().map(|&(kind, author, sign)| RatedStep {
                rating: match sign {
                    '+' => Some(StepRating::Good),
                    '0' => Some(StepRating::Neutral),
                    '-' => Some(StepRating::Bad),
                    '?' => Some(StepRating::Unsure),
                    _ => None,
                },
                kind,
                author: Some(author),
            });
            assert_eq!(first_bad(steps), expected, "{path:?}");
        };
        let (nowhere, at) = (Some(FirstBad::Nowhere), |at| Some(FirstBad::At(at)));
        check(&[(Thought, "", '+'), (Thought, "", '0'), (Thought, "", '-'), (Thought, "", ' ')], at(2));
        check(&[(Thought, "", '+'), (Thought, "", ' '), (Thought, "", '-')], None);
        check(&[(Thought, "", '+'), (Thought, "", '?'), (Thought, "", '-')], None);
        check(&[(Thought, "", '+'), (Answer, "", '+')], nowhere);
        check(&[(Thought, "", '+'), (Answer, "", ' ')], None);
        check(&[], None);
        // A run: words and a call, what came back, the user's next wish, the answer.
        let run = |call, answer| {
            [
                (Message, "assistant", ' '),
                (ToolCall, "assistant", call),
                (ToolResult, "search", ' '),
                (Message, "User", ' '),
                (Observation, "environment", ' '),
                (Answer, "assistant", answer),
            ]
        };
        check(&run('+', '-'), at(5));
        check(&run('-', '+'), at(1));
        check(&run('+', '+'), nowhere);
        check(&run(' ', '-'), None);
        check(&[(Message, "assistant", ' '), (Answer, "", '-')], None);
        // Several calls of one turn; but a call whose turn nobody rated leaves it open.
        let calls = [(Thought, "", ' '), (ToolCall, "", ' '), (ToolCall, "", '+'), (ToolResult, "", ' ')];
        check(&calls, nowhere);
        check(&[(Thought, "", ' '), (ToolCall, "", ' '), (ToolResult, "", ' '), (Answer, "", '+')], None);
        check(&[(ToolResult, "search", ' ')], None);
        check(&[(ToolResult, "search", '-')], at(0));
    }
}
