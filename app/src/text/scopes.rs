//! Colours program text by what its pieces are.

use std::ops::Range;
use std::sync::OnceLock;

use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

use super::{CodeLine, Scope};

/// Program text longer than this, in bytes, is shown without colours.
const LONGEST: usize = 400_000;

/// A line longer than this, in bytes, is shown without colours; so is what follows it.
const LONGEST_LINE: usize = 2_000;

/// Scopes as grammars name them, and what they are here. Of several that match, the longest.
const NAMES: [(&str, Scope); 29] = [
    ("comment", Scope::Comment),
    ("string", Scope::Text),
    ("constant", Scope::Number),
    ("constant.character", Scope::Text),
    ("constant.other.symbol", Scope::Text),
    ("keyword", Scope::Keyword),
    ("keyword.operator", Scope::Operator),
    ("keyword.operator.word", Scope::Keyword),
    ("keyword.operator.logical.python", Scope::Keyword),
    ("storage", Scope::Keyword),
    ("storage.type.numeric", Scope::Number),
    ("support.type", Scope::Type),
    ("support.class", Scope::Type),
    ("support.function", Scope::Function),
    ("support.constant", Scope::Number),
    ("entity.name.function", Scope::Function),
    ("entity.name.type", Scope::Type),
    ("entity.name.class", Scope::Type),
    ("entity.name.struct", Scope::Type),
    ("entity.name.enum", Scope::Type),
    ("entity.name.trait", Scope::Type),
    ("entity.other.inherited-class", Scope::Type),
    ("entity.name", Scope::Name),
    ("entity.other.attribute-name", Scope::Name),
    ("variable.function", Scope::Function),
    ("variable.language", Scope::Keyword),
    ("variable.annotation", Scope::Name),
    ("meta.mapping.key", Scope::Name),
    ("punctuation.definition.comment", Scope::Comment),
];

fn grammars() -> &'static SyntaxSet {
    static GRAMMARS: OnceLock<SyntaxSet> = OnceLock::new();
    GRAMMARS.get_or_init(two_face::syntax::extra_newlines)
}

/// The grammar of a language, by its name or an ending of its files.
fn grammar(language: &str) -> Option<&'static SyntaxReference> {
    let known = match language.to_ascii_lowercase().as_str() {
        "" | "text" | "txt" | "plain" | "plaintext" | "output" | "console" | "isabelle" | "coq" | "asymptote" => {
            return None;
        }
        "python3" | "py3" | "ipython" | "python2" | "pycon" => "python".to_owned(),
        "lean4" | "lean3" => "lean".to_owned(),
        "shell" | "sh" | "zsh" | "bash" => "bash".to_owned(),
        "js" | "node" | "jsx" => "js".to_owned(),
        "c++" | "cpp" => "cpp".to_owned(),
        "c#" | "csharp" => "cs".to_owned(),
        "golang" => "go".to_owned(),
        "jsonl" | "json5" | "ndjson" => "json".to_owned(),
        other => other.to_owned(),
    };
    grammars().find_syntax_by_token(&known)
}

/// Finds the pieces of each line that have a meaning. Where the language is not known, none are.
pub(super) fn colour(text: &str, language: &str, lines: &mut [CodeLine]) {
    let size: usize = lines.iter().map(|line| line.source.len()).sum();
    if size > LONGEST {
        return;
    }
    let Some(grammar) = grammar(language) else { return };
    let mut state = ParseState::new(grammar);
    let mut stack = ScopeStack::new();
    for line in lines {
        let Some(words) = text.get(line.source.clone()) else { return };
        if words.len() > LONGEST_LINE {
            return;
        }
        let whole = format!("{words}\n");
        // A grammar with a fault leaves the rest without colours.
        let Ok(changes) = state.parse_line(&whole, grammars()) else { return };
        let mut at = 0;
        let mut scopes: Vec<(Range<usize>, Scope)> = Vec::new();
        for (place, change) in changes {
            add(&mut scopes, line.source.start, at..place.min(words.len()), &stack);
            at = place.min(words.len());
            if stack.apply(&change).is_err() {
                return;
            }
        }
        add(&mut scopes, line.source.start, at..words.len(), &stack);
        line.scopes = scopes;
    }
}

fn add(scopes: &mut Vec<(Range<usize>, Scope)>, start: usize, range: Range<usize>, stack: &ScopeStack) {
    let Some(scope) = meaning(stack).filter(|_| !range.is_empty()) else { return };
    let range = start + range.start..start + range.end;
    match scopes.last_mut() {
        Some((last, before)) if last.end == range.start && *before == scope => last.end = range.end,
        _ => scopes.push((range, scope)),
    }
}

/// What a piece is: the innermost scope that has a meaning decides, but for what stands in comments.
fn meaning(stack: &ScopeStack) -> Option<Scope> {
    let mut found = None;
    for scope in stack.as_slice() {
        if let Some(one) = scope_meaning(*scope) {
            found = Some(one);
        }
        if found == Some(Scope::Comment) {
            break;
        }
    }
    found
}

fn scope_meaning(scope: syntect::parsing::Scope) -> Option<Scope> {
    static KNOWN: OnceLock<Vec<(syntect::parsing::Scope, Scope)>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let mut known: Vec<_> = NAMES
            .iter()
            .filter_map(|(name, meaning)| Some((syntect::parsing::Scope::new(name).ok()?, *meaning)))
            .collect();
        known.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.len()));
        known
    });
    known.iter().find(|(known, _)| known.is_prefix_of(scope)).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of one line with a meaning.
    fn pieces(language: &str, line: &str) -> String {
        let mut lines = [CodeLine { source: 0..line.len(), ..CodeLine::default() }];
        colour(line, language, &mut lines);
        let piece = |(range, scope): &(Range<usize>, Scope)| format!("{scope:?} {}", &line[range.clone()]);
        lines[0].scopes.iter().map(piece).collect::<Vec<_>>().join(", ")
    }

    fn check(language: &str, line: &str, expected: &[&str]) {
        let found = pieces(language, line);
        for one in expected {
            assert!(found.contains(one), "{one} in {found}");
        }
    }

    #[test]
    fn tells_what_pieces_are() {
        check(
            "python",
            "def f(x): return 12 # why",
            &["Keyword def", "Function f", "Keyword return", "Number 12", "Comment # why"],
        );
        check("Python3", "s = 'text'", &["Text 'text'", "Operator ="]);
        check("lean", "theorem one : 1 = 1 := by norm_num -- done", &["Keyword theorem", "Comment -- done"]);
        check("json", "{\"a\": 1.5}", &["Number 1.5"]);
        check("bash", "echo \"$HOME\"", &["Text \""]);
        check("rs", "fn main() { let x: u8 = 1; }", &["Keyword fn", "Function main"]);
        assert_eq!(pieces("no such language", "def f"), "");
    }
}
