//! Any text is read as a question or refused at a place in it, and anything can be completed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stepscope_core::query::{Fields, Filter, complete};

fuzz_target!(|input: (&str, usize)| {
    let (text, cursor) = input;
    let fields = Fields::default();
    if let Err(error) = Filter::parse(text, &fields) {
        assert!(text.get(error.span.clone()).is_some(), "{text:?}: {:?}", error.span);
        error.pointed_out(text);
    }
    for found in complete(text, cursor.min(text.len()), &fields) {
        assert!(text.get(found.span.clone()).is_some(), "{text:?}: {:?}", found.span);
    }
});
