//! Any text goes through every splitter: no text is lost, and each is named so that it is found again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stepscope_core::model::Splitter;

const WORDS: [&str; 6] = ["whole", "blank-line", "line", "heading", "sentence", "code-line"];

fuzz_target!(|input: (u8, &str, &str)| {
    let (choice, word, text) = input;
    let word = WORDS.get(usize::from(choice) % 8).map_or_else(|| word.to_owned(), |word| (*word).to_owned());
    let Ok(splitter) = word.parse::<Splitter>() else { return };
    let again = splitter.to_string().parse::<Splitter>();
    assert_eq!(again.as_ref(), Ok(&splitter), "{word}");
    let steps = splitter.split(text);
    // Each step is a part of the text, in order.
    let mut at = 0;
    for step in steps {
        let found = text[at..].find(step).unwrap_or_else(|| panic!("{step:?} is not in {:?}", &text[at..]));
        at += found + step.len();
    }
});
