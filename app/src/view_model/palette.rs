//! The command palette: commands that match what was typed, best first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::command::{Availability, Command, CommandEnv};

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaletteEntry {
    /// The command.
    pub command: Command,
    /// Whether it can run now.
    pub availability: Availability,
}

/// The commands that match, best first; all of them, in order, for an empty text.
pub fn entries(text: &str, env: CommandEnv) -> Vec<PaletteEntry> {
    // Titles begin with what matters.
    let mut config = Config::DEFAULT;
    config.prefer_prefix = true;
    let mut matcher = Matcher::new(config);
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, Command)> = Command::ALL
        .iter()
        .filter(|&&command| command != Command::Palette)
        .filter_map(|&command| {
            let spec = command.spec();
            let line = format!("{} {}", spec.title, spec.group.title());
            Some((pattern.score(Utf32Str::new(&line, &mut buffer), &mut matcher)?, command))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, command)| PaletteEntry { command, availability: command.availability(env) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_letters() {
        let best = |text| entries(text, CommandEnv::default()).first().map(|e| e.command);
        assert_eq!(best("first err"), Some(Command::MarkFirstError));
        assert_eq!(best("undo"), Some(Command::Undo));
        assert_eq!(entries("", CommandEnv::default()).len(), Command::ALL.len() - 1);
    }
}
