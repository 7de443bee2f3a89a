//! A consensus of several label sources as text: which rule, of whom, and how many must say the same.
//!
//! ```text
//! consensus:RULE                          all annotators with labels
//! consensus:RULE(MEMBER, MEMBER, …)       these label sources
//! consensus:RULE(MEMBER, …, min=N)        and at least N of them must say it
//!
//! RULE    all          a step counts where every member rates it, and all rate it the same
//!         majority     where more than half of those who rate it rate it the same; at least two
//!         any-bad      a step is bad where one member says so, else the worst of what is said
//!         first-error  a trace counts where all members have the first error at the same step, or none;
//!                      may be written mc-and-judge
//! MEMBER  own  own:NAME  imported  imported:NAME  scorer:NAME@T
//!         imported:NAME>T   soft labels as verdicts: good above T, else bad
//! ```
//!
//! Where a name holds one of `,()>"`, the member is put in double quotes, `"` in it doubled: `"own:Ng, A."`.
//!
//! `mc-and-judge(imported:mc>0, imported:llm)` is the filter of "The Lessons of Developing Process Reward Models in
//! Mathematical Reasoning" (Zhang et al. 2025): a Monte-Carlo estimate and a judge must agree on the first error.

use std::fmt;
use std::str::FromStr;

use super::source::LabelSource;

/// Which votes make a label; see the head of this file for what each means and `vote.rs` for how it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsensusRule {
    /// Everyone rates the step, and the same.
    All,
    /// More than half of those who rate the step.
    Majority,
    /// Bad as soon as one says so.
    AnyBad,
    /// The same first error, to the step.
    FirstError,
}

impl ConsensusRule {
    /// Every rule.
    pub const EVERY: [Self; 4] = [Self::All, Self::Majority, Self::AnyBad, Self::FirstError];

    /// The name as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Majority => "majority",
            Self::AnyBad => "any-bad",
            Self::FirstError => "first-error",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let name = if name == "mc-and-judge" { "first-error" } else { name };
        Self::EVERY.into_iter().find(|rule| rule.name() == name)
    }
}

/// A consensus, of sources as asked for or as [settled](super::Chosen).
#[derive(Clone, Debug, PartialEq)]
pub struct Consensus<Source = LabelSource> {
    /// Which votes make a label.
    pub rule: ConsensusRule,
    /// Who votes, each once; none where all annotators with labels do.
    pub members: Vec<Member<Source>>,
    /// How many must say the same, from 1; `None` where the rule says it.
    pub min: Option<u32>,
}

/// Who votes.
#[derive(Clone, Debug, PartialEq)]
pub struct Member<Source = LabelSource> {
    /// The label source.
    pub source: Source,
    /// Soft labels above it are good, others bad; ratings do not count then.
    pub above: Option<f64>,
}

impl<Source> Consensus<Source> {
    /// How many members must say the same.
    pub fn least(&self) -> usize {
        let members = self.members.len();
        let by_rule = match self.rule {
            ConsensusRule::All | ConsensusRule::FirstError => members,
            ConsensusRule::Majority => members.min(2),
            ConsensusRule::AnyBad => 1,
        };
        self.min.map_or(by_rule, |min| min as usize)
    }
}

impl fmt::Display for Consensus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule.name())?;
        let min = self.min.map(|min| format!("min={min}"));
        let arguments: Vec<String> = self.members.iter().map(Member::to_string).chain(min).collect();
        if arguments.is_empty() { Ok(()) } else { write!(f, "({})", arguments.join(", ")) }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.source.to_string();
        if name.contains([',', '(', ')', '>', '"']) || name.trim() != name {
            write!(f, "\"{}\"", name.replace('"', "\"\""))?;
        } else {
            f.write_str(&name)?;
        }
        self.above.map_or(Ok(()), |above| write!(f, ">{above}"))
    }
}

impl FromStr for Consensus {
    /// What is wrong, for the user.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rule, arguments) = match text.split_once('(') {
            None => (text, None),
            Some((rule, rest)) => {
                let inner = rest.trim_end().strip_suffix(')').ok_or("the closing parenthesis is missing")?;
                (rule.trim_end(), Some(inner))
            }
        };
        let rule = ConsensusRule::from_name(rule)
            .ok_or_else(|| format!("`{rule}` is no rule; choose all, majority, any-bad or first-error"))?;
        let mut consensus = Self { rule, members: Vec::new(), min: None };
        for argument in arguments.map(split).unwrap_or_default() {
            match argument.strip_prefix("min=") {
                Some(min) => {
                    let min = min.trim().parse().ok().filter(|min| *min > 0);
                    consensus.min = Some(min.ok_or("min= takes a whole number from 1")?);
                }
                None => consensus.add(argument.parse()?)?,
            }
        }
        if arguments.is_some() && consensus.members.is_empty() && consensus.min.is_none() {
            return Err("nothing stands between the parentheses; name members or leave them out".into());
        }
        if !consensus.members.is_empty() && consensus.least() > consensus.members.len() {
            return Err(format!("min={} is more than there are members", consensus.least()));
        }
        Ok(consensus)
    }
}

impl Consensus {
    fn add(&mut self, member: Member) -> Result<(), String> {
        // One voice must not count twice.
        if self.members.iter().any(|other| other.source == member.source) {
            return Err(format!("{} is named twice", member.source));
        }
        self.members.push(member);
        Ok(())
    }
}

impl FromStr for Member {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rest) = if let Some(quoted) = text.strip_prefix('"') {
            unquote(quoted).ok_or_else(|| format!("a quote is not closed in {text}"))?
        } else {
            let (name, rest) = text.split_at(text.find('>').unwrap_or(text.len()));
            (name.to_owned(), rest)
        };
        if !text.starts_with('"') && name.contains(['(', ')', '"']) {
            return Err(format!("put the member `{name}` in double quotes"));
        }
        let above = match rest.trim() {
            "" => None,
            rest => {
                let number = rest.strip_prefix('>').and_then(|number| number.trim().parse::<f64>().ok());
                Some(number.filter(|number| number.is_finite()).ok_or_else(|| {
                    format!("after {name} stands `{rest}`; a limit of soft labels is written {name}>0.5")
                })?)
            }
        };
        let source: LabelSource = name.trim().parse().map_err(|error| match error {
            super::LabelError::Source { reason, .. } => format!("`{name}`: {reason}"),
            other => other.to_string(),
        })?;
        match &source {
            LabelSource::Consensus(_) => Err("a consensus cannot be a member of another".into()),
            LabelSource::Scorer { .. } if above.is_some() => {
                Err(format!("{source} has a threshold already; > is for soft labels"))
            }
            // Read as a name, it would find nothing, which is hard to see.
            LabelSource::Imported(Some(name)) if has_number_after_at(name) => {
                Err(format!("write imported:{}: soft labels above that are good", name.replace('@', ">")))
            }
            _ => Ok(Self { source, above }),
        }
    }
}

fn has_number_after_at(name: &str) -> bool {
    name.rsplit_once('@').is_some_and(|(_, number)| number.parse::<f64>().is_ok())
}

/// The text up to the closing quote, and what follows it. A doubled quote is one of the text.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"')?;
        text.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None => return Some((text, after)),
        }
    }
}

/// Label sources in a row, with commas between them.
pub fn sources_from_list(text: &str) -> Result<Vec<LabelSource>, super::LabelError> {
    split(text).into_iter().map(str::parse).collect()
}

/// The parts between commas that stand neither in quotes nor in parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut is_quoted) = (Vec::new(), 0, 0_u32, false);
    for (at, sign) in text.char_indices() {
        match sign {
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            ',' if !is_quoted && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn consensus_is_read_and_printed() {
        let check = |text: &str, printed: &str| {
            let source: LabelSource = text.parse().unwrap();
            assert_eq!(source.to_string(), printed, "{text}");
            assert_eq!(printed.parse::<LabelSource>().unwrap(), source);
        };
        for same in [
            "consensus:all",
            "consensus:majority(min=2)",
            "consensus:any-bad(own:ann, imported)",
            "consensus:all(own:ann, own:bob, scorer:x@0.5, min=2)",
            "consensus:first-error(imported:mc>0, imported:llm)",
            "consensus:all(\"own:Ng, A. (1)\", \"imported:say \"\"x\"\"\">0.25)",
        ] {
            check(same, same);
        }
        check(
            "consensus:mc-and-judge(imported:mc > 0,imported:llm )",
            "consensus:first-error(imported:mc>0, imported:llm)",
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |text: &str, expected: &str| {
            let message = text.parse::<LabelSource>().unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        };
        check("consensus", "consensus:RULE");
        check("consensus:most", "choose all, majority, any-bad or first-error");
        check("consensus:all(own", "closing parenthesis");
        check("consensus:all()", "nothing stands between");
        check("consensus:all(own, own)", "named twice");
        check("consensus:all(own, min=0)", "whole number from 1");
        check("consensus:all(own, imported, min=3)", "more than there are members");
        check("consensus:all(consensus:all)", "cannot be a member");
        check("consensus:all(scorer:x@0.5>1)", "threshold already");
        check("consensus:all(imported:mc@0)", "write imported:mc>0");
        check("consensus:all(imported:mc>high)", "limit of soft labels");
        check("consensus:all(\"own:x)", "quote is not closed");
        check("consensus:all(theirs)", "choose own");
    }

    #[test]
    fn a_list_is_split_at_its_own_commas() {
        let list = "own:ann, consensus:all(own:a, own:b),imported:mc";
        let printed: Vec<String> = sources_from_list(list).unwrap().iter().map(LabelSource::to_string).collect();
        assert_eq!(printed, ["own:ann", "consensus:all(own:a, own:b)", "imported:mc"]);
    }

    proptest! {
        #[test]
        fn any_name_survives(name in "[a-zé ,()>\"=0-9]{0,11}[a-z]", above in proptest::option::of(-4.0..4.0_f64), min in 1..3_u32) {
            let named = Member { source: LabelSource::Own(Some(name)), above };
            let members = vec![named, Member { source: LabelSource::Imported(None), above: None }];
            let source = LabelSource::Consensus(Consensus { rule: ConsensusRule::Majority, members, min: Some(min) });
            prop_assert_eq!(source.to_string().parse::<LabelSource>().unwrap(), source);
        }
    }
}
