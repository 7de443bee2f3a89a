//! Texts and how they are read.

use proptest::prelude::*;

use super::fields::Known;
use super::*;

fn read(text: &str) -> Node {
    Filter::parse(text, &Fields::default()).unwrap_or_else(|error| panic!("{text}: {error}")).node
}

fn known() -> Fields {
    let value = |value: &str, count| KnownValue { value: value.into(), count };
    Fields {
        known: Some(Known {
            scorers: vec!["qwen".into()],
            sources: vec!["human".into()],
            annotators: vec!["anna".into()],
            meta: vec!["level".into(), "a key".into()],
            values: [
                ("generator".to_owned(), vec![value("model-a", 3), value("model b", 1)]),
                ("file".to_owned(), vec![value("/data/train.jsonl", 4)]),
            ]
            .into(),
            ..Known::default()
        }),
    }
}

#[test]
fn plain_words_stay_words() {
    let words = |text: &str| {
        let filter = Filter::parse(text, &Fields::default()).unwrap();
        filter.words().map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let check = |text: &str, expected: &[&str]| {
        assert_eq!(words(text), Some(expected.iter().map(|word| (*word).to_owned()).collect()), "{text}");
    };
    check("", &[]);
    check("  STEP  1 ", &["step", "1"]);
    check("x=2", &["x=2"]);
    check("f(x) 3*4 a/b", &["f(x)", "3*4", "a/b"]);
    check("-5 -0.5", &["-5", "-0.5"]);
    check("/usr/bin", &["/usr/bin"]);
    check("https://a.b/c?d=1", &["https://a.b/c?d=1"]);
    check("steps taken", &["steps", "taken"]);
    check("branching any step", &["branching", "any", "step"]);
    check("x > 10", &["x", ">", "10"]);
    check("Answer: 5 steps: two", &["answer:", "5", "steps:", "two"]);
    check("\"two words\" three", &["two words", "three"]);
    check("größer 数学", &["größer", "数学"]);
    check("android orbit nothing", &["android", "orbit", "nothing"]);
}

#[test]
fn conditions_are_read() {
    let test = |text: &str| match read(text) {
        Node::Test(test) => (test.field.name(), test.is),
        other => panic!("{text}: {other:?}"),
    };
    let check = |text: &str, field: &str, is: Is| assert_eq!(test(text), (field.to_owned(), is), "{text}");
    check("steps > 10", "steps", Is::Number(Compare::More, 10.0));
    check("steps:>=10", "steps", Is::Number(Compare::AtLeast, 10.0));
    check("steps:!=10", "steps", Is::Number(Compare::Unequal, 10.0));
    check("steps:\"10\"", "steps", Is::Number(Compare::Equal, 10.0));
    check("steps:5..10", "steps", Is::Between(Some(5.0), Some(10.0)));
    check("steps:..10", "steps", Is::Between(None, Some(10.0)));
    check("generator:Qwen", "generator", Is::Text(Matcher::Exactly("qwen".into())));
    check("generator:\"a b\"", "generator", Is::Text(Matcher::Exactly("a b".into())));
    check("generator:q*", "generator", Is::Text(Matcher::Glob("q*".into())));
    check("generator ~ wen", "generator", Is::Text(Matcher::Contains("wen".into())));
    check("generator != m", "generator", Is::NotText(Matcher::Exactly("m".into())));
    check("generator:/q.*7b/", "generator", Is::Text(Matcher::Pattern("q.*7b".into())));
    check("problem:train", "problem", Is::Text(Matcher::Contains("train".into())));
    check("outcome:right", "outcome", Is::Text(Matcher::Exactly("correct".into())));
    check("branching:no", "branching", Is::Flag(false));
    check("is:branching", "branching", Is::Flag(true));
    check("score < 0.3", "score.min", Is::Number(Compare::Less, 0.3));
    check("score(\"a b\").last<0.3", "score(\"a b\").last", Is::Number(Compare::Less, 0.3));
    check("first_error(own:anna) >= 5", "first_error(\"own:anna\")", Is::Number(Compare::AtLeast, 5.0));
    let consensus = "first_error(\"consensus:all(own:anna, imported:mc>0.5)\")";
    check(&format!("{consensus} = 3"), consensus, Is::Number(Compare::Equal, 3.0));
    check("first_error( consensus:all(own:anna,imported:mc > 0.5)) = 3", consensus, Is::Number(Compare::Equal, 3.0));
    check("first_error(scorer:a@b@0.5) = 3", "first_error(\"scorer:a@b@0.5\")", Is::Number(Compare::Equal, 3.0));
    check("step.is_error(consensus:all):no", "step.is_error(\"consensus:all\")", Is::Flag(false));
    check("label(consensus:majority):bad", "label(\"consensus:majority\")", Is::Text(Matcher::Exactly("bad".into())));
    check(
        "first_error(consensus:first-error):disputed",
        "first_error(\"consensus:first-error\")",
        Is::Text(Matcher::Exactly("disputed".into())),
    );
    check("first_error.relative > 0.5", "first_error.relative", Is::Number(Compare::More, 0.5));
    check("first_error:none", "first_error", Is::Text(Matcher::Exactly("none".into())));
    check("meta.a.b:5", "meta.a.b", Is::Text(Matcher::Exactly("5".into())));
    check("meta.level > 3", "meta.level", Is::Number(Compare::More, 3.0));
    check("meta(\"a key\"):x", "meta(\"a key\")", Is::Text(Matcher::Exactly("x".into())));
    check("step.kind:tool", "step.kind", Is::Text(Matcher::Glob("tool_*".into())));
    let own = Field { what: What::FirstError, of: Of::Source(Said::Own(None)), part: Part::Whole };
    let data = Field { of: Of::Source(Said::Imported(None)), ..own.clone() };
    check("first_error(own) != first_error(imported)", &own.name(), Is::Field(Compare::Unequal, data));
}

#[test]
fn words_bind_as_written() {
    let w = |word: &str| Node::Word(word.into());
    assert_eq!(read("a b or c"), Node::Or(vec![Node::And(vec![w("a"), w("b")]), w("c")]));
    assert_eq!(read("a AND (b OR c)"), Node::And(vec![w("a"), Node::Or(vec![w("b"), w("c")])]));
    assert_eq!(read("not a b"), Node::And(vec![Node::Not(Box::new(w("a"))), w("b")]));
    assert_eq!(read("-a -\"b c\""), Node::And(vec![Node::Not(Box::new(w("a"))), Node::Not(Box::new(w("b c")))]));
    assert_eq!(read("(f(x))"), w("f(x)"));
    let failed = || Node::Test(Test { field: Field::plain(What::Failed), is: Is::Flag(true) });
    assert_eq!(read("any(failed)"), Node::Steps(Quantifier::Any, Box::new(failed())));
    assert_eq!(
        read("count(step.failed) >= 3"),
        Node::Steps(Quantifier::Count(Compare::AtLeast, 3.0), Box::new(failed()))
    );
    let near = Node::Near(Some(2), Side::After, Box::new(failed()));
    assert_eq!(read("any(within(2, after, failed))"), Node::Steps(Quantifier::Any, Box::new(near)));
    let near = Node::Near(None, Side::Before, Box::new(failed()));
    assert_eq!(read("none(before(failed))"), Node::Steps(Quantifier::None, Box::new(near)));
}

#[test]
fn errors_point_at_the_place() {
    let check = |text: &str, expected: &str| {
        let error = Filter::parse(text, &known()).expect_err(text);
        let shown = format!("{error}\n{}", error.pointed_out(text));
        assert!(shown.contains(expected), "{text}:\n{shown}");
    };
    check("generater:m", "did you mean `generator`?");
    check("apples generater:m", "\napples generater:m\n       ^^^^^^^^^");
    check("step > 10", "did you mean `steps`?");
    check("step.kid:tool", "did you mean `step.kind`?");
    check("outcome:corect", "did you mean `correct`?");
    check("steps:many", "`steps` is a number");
    check("generator < m", "nothing is less or more");
    check("(a b", "is not closed");
    check("a b)", "closes nothing");
    check("\"a b", "quotation mark is not closed");
    check("a or", "a condition is lacking here");
    check("or a", "something must stand before `or`");
    check("/[a/", "regular expression cannot be read");
    check("any(any(failed))", "stands inside of another");
    check("within(2, after, failed)", "is said of a step");
    check("any(within(2, failed))", "write `within(2, after, …)`");
    check("count(failed)", "compared with a number");
    check("score(\"qwem\") < 1", "did you mean `qwen`?");
    check("first_error(hand) > 1", "no source of labels");
    check("first_error(imported:humans) > 1", "did you mean `human`?");
    check("first_error(imported:) > 1", "a name must follow the colon");
    check("first_error(\"consensus:most\") > 1", "choose all, majority, any-bad or first-error");
    check("first_error(consensus:all(own:anne, imported)) > 1", "did you mean `anna`?");
    check(
        "a first_error(\"consensus:all(own:anna, imported:humam)\") > 1",
        "\na first_error(\"consensus:all(own:anna, imported:humam)\") > 1\n                                                ^^^^^",
    );
    check("first_error(scorer:qwem@0.5) > 1", "did you mean `qwen`?");
    check("first_error(scorer:qwen) > 1", "write it as scorer:NAME@THRESHOLD");
    check("soft(consensus:all(own:anna, imported)) > 1", "ask for its `first_error`, `label` or `is_error`");
    check("meta.levl:5", "did you mean `level`?");
    check("has:scores", "did you mean `score`?");
    check("is:steps", "write `has:steps`");
    check("score.middle > 1", "no part `middle`");
    check("steps > step.number", "has to stand inside of `any(…)`");
    check(&"(".repeat(500), "nested too deeply");
    check(&"not ".repeat(500), "nested too deeply");
    check("generator:", "is to be is lacking");
}

/// What is said of questions as people get them wrong: to be read as a whole.
#[test]
fn wrong_questions_are_answered_with_a_remedy() {
    let questions = [
        "generater:m",
        "apples kind:thought",
        "outcome: correct",
        "outcome:wrnog",
        "outcome:perfect",
        "outcome >",
        "steps >",
        "steps:",
        "steps:3-5",
        "steps:many",
        "steps => 3",
        "steps:10..5",
        "steps > 3 and",
        "and steps > 3",
        "steps > 3 or or steps < 2",
        "steps > 3 && outcome:correct",
        "steps > 3 || branching:yes",
        "steps > generator",
        "steps > step.number",
        "generator > m",
        "generator:\"\"",
        "generator:modl-a",
        "branching:perhaps",
        "branching > 2",
        "is:steps",
        "is:",
        "has:scors",
        "has:meta",
        "has:nothing_such",
        "meta:level",
        "meta.levl:5",
        "meta.colour:red",
        "scale > 3",
        "any(scale > 3)",
        "any(step.meta > 3)",
        "any (failed)",
        "some(failed)",
        "any(failed",
        "any(failed))",
        "any(any(failed))",
        "any(step.kind)",
        "any(kid:thought)",
        "any(kind:thinking)",
        "any(within(failed))",
        "within(2, after, failed)",
        "after(failed)",
        "count(failed)",
        "count(failed) > many",
        "score(\"qwem\") < 0.3",
        "score.middle > 1",
        "score(\"qwen\")",
        "delta > 0.1",
        "first_error:nowhere",
        "first_error(somebody) > 1",
        "first_error(own:ana) > 1",
        "first_error(consensus:most) > 1",
        "soft(consensus:all(own:anna, imported)) > 1",
        "label(scorer:qwen) > 1",
        "steps > 3 > 2",
        "delta(qwen) < 1",
        "any(failled)",
        "any(within(2, after, faild))",
        "x(3) >= 2",
        "/[a-/",
        "generator:/(/",
        "\"carry the one",
        "not",
        "()",
        "a)",
    ];
    let mut told = String::new();
    for text in questions {
        let says = match Filter::parse(text, &known()) {
            Err(error) => vec![("refused", error)],
            Ok(filter) => filter.doubts().iter().cloned().map(|doubt| ("doubted", doubt)).collect(),
        };
        assert!(!says.is_empty(), "{text} is taken without a word");
        for (how, error) in says {
            told.extend([error.pointed_out(text), format!("\n  {how}: {error}\n")]);
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn doubts_are_told() {
    let doubts = |text: &str| Filter::parse(text, &known()).unwrap().doubts().to_vec();
    assert_eq!(doubts("generator:model-a"), []);
    let [doubt] = &doubts("generator:model-c")[..] else { panic!("one") };
    assert_eq!(doubt.to_string(), "no trace has `model-c` as `generator`; did you mean `model-a`?");
    assert_eq!(doubt.span, 10..17);
    for known in ["file:train.jsonl", "file:/DATA/train.jsonl", "file:\"/data/train.jsonl\"", "file:*.jsonl"] {
        assert_eq!(doubts(known), [], "{known}");
    }
    assert_eq!(doubts("file:\"train.jsonl\"").len(), 1, "in quotation marks the whole path is meant");
    let [doubt] = &doubts("file:trian.jsonl")[..] else { panic!("one") };
    assert_eq!(doubt.to_string(), "no trace has `trian.jsonl` as `file`; did you mean `train.jsonl`?");
}

#[test]
fn what_could_follow_is_offered() {
    let offers = |text: &str| -> Vec<String> {
        let found = complete(text, text.len(), &known());
        for found in &found {
            assert!(text.is_char_boundary(found.span.start) && found.span.end == text.len(), "{text}");
        }
        found.into_iter().map(|found| found.insert).collect()
    };
    assert_eq!(offers("gen")[0], "generator");
    assert_eq!(offers("a b -gen")[0], "generator");
    assert_eq!(offers("generator:"), ["model-a", "\"model b\""]);
    assert_eq!(offers("generator:mod"), ["model-a", "\"model b\""]);
    assert_eq!(offers("generator:\"model "), ["\"model b\""]);
    assert_eq!(offers("outcome:inc"), ["incorrect"]);
    assert!(offers("any(kin").contains(&"kind".to_owned()));
    assert_eq!(offers("any(kind:tool_c"), ["tool_call"]);
    let scores: Vec<String> = offers("any(sco").into_iter().filter(|name| name.starts_with("score")).collect();
    assert_eq!(scores, ["score", "score(\"qwen\")"], "of a step, and each once");
    assert_eq!(offers("score(\"q"), ["score(\"qwen\")", "step.score(\"qwen\")"]);
    assert_eq!(offers("first_error(own:a"), ["first_error(\"own:anna\")"]);
    assert_eq!(offers("first_error(\"sco"), ["first_error(\"scorer:qwen@0.5\")"]);
    assert_eq!(offers("label(con"), Vec::<String>::new(), "of one annotator there is no consensus");
    assert_eq!(offers("soft(scor"), Vec::<String>::new());
    let members = ["own:anna", "imported:human", "scorer:qwen@0.5"];
    assert_eq!(offers("first_error(\"consensus:all("), members);
    assert_eq!(offers("a -first_error(consensus:all(own:anna, imp"), ["imported:human"]);
    assert_eq!(offers("first_error(\"consensus:all(own:anna, imported)\"):un"), ["unsure"]);
    assert_eq!(offers("meta.le"), ["meta.level"]);
    assert!(offers("has:fir").contains(&"first_error".to_owned()));
    assert_eq!(offers("steps > 5"), Vec::<String>::new(), "names with a 5 in them are not meant");
    assert_eq!(complete("ab", 7, &known()), []);
}

#[test]
fn names_are_read_back() {
    for spec in specs::SPECS {
        let mut fields = vec![Field::plain(spec.what)];
        match spec.takes {
            catalog::Takes::Source => {
                let mut all = vec![
                    Said::Anyone,
                    Said::Own(None),
                    Said::Own(Some("a b".into())),
                    Said::Imported(Some("m:x".into())),
                ];
                if spec.what.is_judged() {
                    all.push(Said::Judged("scorer:a \"b\"@0.5".into()));
                    all.push(Said::Judged("consensus:all(\"own:Ng, A. \"\"x\"\"\", imported:m>0.5, min=1)".into()));
                }
                let field = |said| Field { what: spec.what, of: Of::Source(said), part: Part::Whole };
                fields = all.into_iter().map(field).collect();
            }
            catalog::Takes::Scorer => {
                let part = if spec.what == What::Score { Part::Min } else { Part::Whole };
                let all = [None, Some("a \"b\"".to_owned())];
                fields = all.map(|scorer| Field { what: spec.what, of: Of::Scorer(scorer), part }).into();
            }
            catalog::Takes::Key => {
                let all = ["a.b", "a key"];
                fields = all.map(|key| Field { what: spec.what, of: Of::Key(key.into()), part: Part::Whole }).into();
            }
            catalog::Takes::Nothing => {}
        }
        for field in fields {
            assert_eq!(parse_field(&field.name(), &Fields::default()), Ok(field.clone()), "{}", field.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}", cursor in 0..60_usize) {
        if let Err(error) = Filter::parse(&text, &known()) {
            prop_assert!(error.span.start <= error.span.end && error.span.end <= text.len());
            prop_assert!(text.get(error.span.clone()).is_some());
            error.pointed_out(&text);
        }
        complete(&text, cursor, &known());
    }

    #[test]
    fn pieces_of_the_language_are_read_or_refused(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "any(", "count(", "within(2, after, ", "(", ")", "not ", "-", " or ", " and ", "steps", ":", ">", "=", "..",
            "5", "0.3", "\"", "/", "generator", "step.", "kind", "score(", "\"qwen\"", ".min", "meta.", "level", "has:",
            "first_error", "own", "imported:human", "scorer:qwen@0.5", "consensus:all(", "consensus:majority", " ", "é", "\\", "*", "~", ",", "is:", "failed",
        ]), 0..14),
        cursor in 0..80_usize,
    ) {
        let text = pieces.concat();
        if let Err(error) = Filter::parse(&text, &known()) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{text} {:?}", error.span);
            error.pointed_out(&text);
        }
        for found in complete(&text, cursor, &known()) {
            prop_assert!(text.get(found.span).is_some());
        }
    }
}
