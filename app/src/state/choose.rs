//! The chooser: which page it shows of which trace or step, and what is picked on it.

use stepscope_core::annotation::Target;
use stepscope_core::model::{LabelKey, Relation};

/// The open chooser. It names what is labelled, so that moving on cannot put a label elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Choose {
    /// What is labelled.
    pub target: Target,
    /// What is shown.
    pub page: Page,
    /// The pages before it, where Backspace leads.
    pub back: Vec<Page>,
    /// The entry that Enter chooses.
    pub at: usize,
    /// Digits of a number that could still become longer.
    pub typed: String,
    /// First and last of the words that are picked.
    pub words: (usize, usize),
}

/// One page of the chooser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Kinds of errors.
    Errors,
    /// Kinds within that kind.
    Subs(String),
    /// How bad the error is.
    Severity,
    /// What else can be said of a step.
    Step,
    /// How likely the step is right.
    Soft,
    /// The values of that scale.
    Scale(String),
    /// By which step it is put right.
    Later,
    /// Tags.
    Tags,
    /// What it rests on or corresponds to.
    Link(Relation),
    /// Words in the step.
    Words,
    /// What else can be said of the trace.
    Trace,
    /// What others say of the step.
    Critiques,
}

/// A key, as the chooser understands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChooseKey {
    /// A letter in lower case, a digit or an equals sign.
    Char(char),
    /// To the entry above.
    Up,
    /// To the entry below.
    Down,
    /// To the word before.
    Left,
    /// To the word after.
    Right,
    /// Chooses the entry.
    Enter,
    /// One page back.
    Back,
    /// Closes.
    Escape,
}

/// What keyboard, mouse and inspector ask of the chooser.
#[derive(Clone, Debug, PartialEq)]
pub enum ChooseRequest {
    /// A key, and whether Shift was held.
    Key(ChooseKey, bool),
    /// Choose that entry.
    Pick(usize),
    /// One page back.
    Back,
    /// Close it.
    Close,
    /// Take that label away.
    Take(Target, LabelKey),
}

impl Choose {
    /// Opens it at a page.
    pub fn new(target: Target, page: Page) -> Self {
        Self { target, page, back: Vec::new(), at: 0, typed: String::new(), words: (0, 0) }
    }

    /// Goes one level deeper.
    pub fn open(&mut self, page: Page) {
        let before = std::mem::replace(&mut self.page, page);
        self.back.push(before);
        self.reset();
    }

    /// Goes one level back; false where there is none.
    pub fn close_page(&mut self) -> bool {
        let Some(page) = self.back.pop() else { return false };
        self.page = page;
        self.reset();
        true
    }

    fn reset(&mut self) {
        self.at = 0;
        self.typed.clear();
        self.words = (0, 0);
    }
}

/// The words of a text, each as the bytes where it begins and ends. Scripts without spaces have one letter to a word.
pub fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    let mut open = false;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        let stands_alone = ('\u{2e80}'..'\u{fb00}').contains(&letter);
        match words.last_mut() {
            _ if letter.is_whitespace() => open = false,
            Some(last) if open && !stands_alone => last.1 = end,
            _ => {
                words.push((at, end));
                open = !stands_alone;
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_of_every_script() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<&str> = words(text).into_iter().map(|(start, end)| &text[start..end]).collect();
            assert_eq!(found, expected);
        };
        check(" so $x = 2$.\nThen ", &["so", "$x", "=", "2$.", "Then"]);
        check("所以 x是2", &["所", "以", "x", "是", "2"]);
        check("", &[]);
    }
}
