//! Reads a question by recursive descent. What is no part of the language is a word to search for.

use super::catalog::{self, Field, Kind, Takes, What};
use super::error::QueryError;
use super::fields::Fields;
use super::scan::Scanner;
use super::tree::{Compare, Is, Node, Quantifier, Side, Test};
use super::value::{Sign, Written, test};

/// Deeper nesting is refused.
const DEEPEST: usize = 64;

/// The functions of the language: they end in an opening bracket.
pub(super) const FUNCTIONS: [&str; 7] = ["any", "all", "none", "count", "within", "after", "before"];

pub(super) type Parsed<T> = Result<T, QueryError>;

/// A condition with its bytes in the text.
pub(super) type Placed = (std::ops::Range<usize>, Node);

pub(super) struct Parser<'a> {
    pub(super) scanner: Scanner<'a>,
    pub(super) fields: &'a Fields,
    /// Inside a quantifier.
    pub(super) in_step: bool,
    depth: usize,
    doubts: Vec<QueryError>,
}

/// A name that stands where a field may.
pub(super) enum Reference {
    Field(Field, bool),
    /// A name like that of a field, but of none.
    Unknown(String),
    Word,
}

/// Reads a field that stands alone.
pub(in crate::query) fn parse_field(text: &str, fields: &Fields) -> Parsed<Field> {
    let mut parser = Parser::new(Scanner::new(text), fields);
    parser.scanner.skip_blanks();
    let found = parser.reference()?;
    let end = parser.scanner.at();
    parser.scanner.skip_blanks();
    match found {
        Reference::Field(field, _) if parser.scanner.is_at_end() => Ok(field),
        _ => {
            let name = text.get(..end).filter(|name| !name.is_empty()).unwrap_or(text).trim();
            Err(unknown(name, 0..text.len(), false))
        }
    }
}

impl<'a> Parser<'a> {
    pub(super) const fn new(scanner: Scanner<'a>, fields: &'a Fields) -> Self {
        Self { scanner, fields, in_step: false, depth: 0, doubts: Vec::new() }
    }

    pub(super) fn into_doubts(self) -> Vec<QueryError> {
        self.doubts
    }

    /// The whole text.
    pub(super) fn all(&mut self) -> Parsed<Node> {
        self.scanner.skip_blanks();
        if self.scanner.is_at_end() {
            return Ok(Node::And(Vec::new()));
        }
        let node = self.or()?;
        self.scanner.skip_blanks();
        if self.scanner.is_at_end() {
            return Ok(node);
        }
        let at = self.scanner.at();
        Err(QueryError::new(at..at + 1, "this bracket closes nothing")
            .with_hint("put it in quotation marks to search for it"))
    }

    /// The conditions that stand side by side, each with its bytes; `None` where there are alternatives beside them.
    pub(super) fn clauses(&mut self) -> Parsed<Option<Vec<Placed>>> {
        let before = self.scanner;
        self.all()?;
        self.scanner = before;
        let mut all = Vec::new();
        loop {
            self.scanner.skip_blanks();
            if self.scanner.is_at_end() {
                return Ok(Some(all));
            }
            if self.scanner.keyword("or") {
                return Ok(None);
            }
            self.scanner.keyword("and");
            self.scanner.skip_blanks();
            let start = self.scanner.at();
            let node = self.not()?;
            all.push((start..self.scanner.at(), node));
        }
    }

    fn or(&mut self) -> Parsed<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let at = self.scanner.at();
            return Err(self.too_deep(at));
        }
        let mut any = vec![self.and()?];
        loop {
            self.scanner.skip_blanks();
            if !self.scanner.keyword("or") {
                break;
            }
            any.push(self.and()?);
        }
        self.depth -= 1;
        Ok(match any.len() {
            1 => any.remove(0),
            _ => Node::Or(any),
        })
    }

    fn and(&mut self) -> Parsed<Node> {
        let mut all = vec![self.not()?];
        loop {
            self.scanner.skip_blanks();
            let mut ahead = self.scanner;
            if ahead.is_at_end() || ahead.peek() == Some(')') || ahead.keyword("or") {
                break;
            }
            self.scanner.keyword("and");
            all.push(self.not()?);
        }
        Ok(match all.len() {
            1 => all.remove(0),
            _ => Node::And(all),
        })
    }

    fn not(&mut self) -> Parsed<Node> {
        self.scanner.skip_blanks();
        let mut ahead = self.scanner;
        let negates = |c: char| c.is_alphabetic() || matches!(c, '"' | '(' | '/');
        let is_minus = ahead.take("-") && ahead.peek().is_some_and(negates);
        if is_minus {
            self.scanner = ahead;
        }
        if is_minus || self.scanner.keyword("not") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.too_deep(self.scanner.at()));
            }
            let node = self.not()?;
            self.depth -= 1;
            return Ok(Node::Not(Box::new(node)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Parsed<Node> {
        let start = self.scanner.at();
        let mut ahead = self.scanner;
        match ahead.peek() {
            None | Some(')') => return Err(self.lacking()),
            Some('(') => {
                self.scanner.take("(");
                let node = self.or()?;
                self.close(start)?;
                return Ok(node);
            }
            _ => {}
        }
        if ahead.keyword("and") || ahead.keyword("or") {
            let word = ahead.since(start);
            return Err(QueryError::new(start..ahead.at(), format!("something must stand before `{word}`"))
                .with_hint(format!("write \"{word}\" to search for the word")));
        }
        if let Some(text) = self.scanner.quoted()? {
            return Ok(Node::Word(text.to_lowercase()));
        }
        if let Some(pattern) = self.scanner.pattern()? {
            return Ok(Node::Pattern(pattern));
        }
        let mut ahead = self.scanner;
        let name = ahead.name();
        if FUNCTIONS.contains(&name) && ahead.take("(") {
            self.scanner = ahead;
            return self.function(name, start);
        }
        if matches!(name, "has" | "is") && ahead.take(":") {
            self.scanner = ahead;
            return self.has(name == "is");
        }
        self.field_or_word()
    }

    fn too_deep(&self, at: usize) -> QueryError {
        let error = QueryError::new(at..self.scanner.end(), "this is nested too deeply");
        error.with_hint(format!("conditions stand in {DEEPEST} brackets at most"))
    }

    fn lacking(&self) -> QueryError {
        let at = self.scanner.at();
        QueryError::new(at..at, "a condition is lacking here")
    }

    pub(super) fn close(&mut self, opened: usize) -> Parsed<()> {
        self.scanner.skip_blanks();
        if self.scanner.take(")") {
            return Ok(());
        }
        Err(QueryError::new(opened..self.scanner.end(), "this bracket is not closed"))
    }

    /// What stands in the brackets of a function; its name has been read.
    fn function(&mut self, name: &str, start: usize) -> Parsed<Node> {
        let is_near = matches!(name, "within" | "after" | "before");
        let span = start..self.scanner.at();
        if is_near != self.in_step {
            return Err(if is_near {
                QueryError::new(span, format!("`{name}` is said of a step"))
                    .with_hint(format!("write `any(… and {name}(…))`"))
            } else {
                QueryError::new(span, format!("`{name}` stands inside of another"))
                    .with_hint("a condition on steps is about one step at a time; see `within`, `after`, `before`")
            });
        }
        let (mut most, mut side) = (None, if name == "before" { Side::Before } else { Side::After });
        if name == "within" {
            (most, side) = self.distance()?;
        }
        self.in_step = true;
        let node = self.or();
        self.in_step = is_near;
        let node = Box::new(node?);
        self.close(start)?;
        Ok(match name {
            "any" => Node::Steps(Quantifier::Any, node),
            "all" => Node::Steps(Quantifier::All, node),
            "none" => Node::Steps(Quantifier::None, node),
            "count" => {
                let (compare, number) = self.counted(start)?;
                Node::Steps(Quantifier::Count(compare, number), node)
            }
            _ => Node::Near(most, side, node),
        })
    }

    /// `2, after,`
    fn distance(&mut self) -> Parsed<(Option<u32>, Side)> {
        let start = self.scanner.at();
        let mut read = || {
            self.scanner.skip_blanks();
            let most = self.scanner.take_while(|c| c.is_ascii_digit()).parse().ok()?;
            self.scanner.skip_blanks();
            self.scanner.take(",").then_some(())?;
            self.scanner.skip_blanks();
            let side = match self.scanner.name() {
                "after" => Side::After,
                "before" => Side::Before,
                _ => return None,
            };
            self.scanner.skip_blanks();
            self.scanner.take(",").then_some((Some(most), side))
        };
        let read = read();
        let end = self.scanner.at().max(start);
        read.ok_or_else(|| {
            QueryError::new(start..end, "how far and on which side is lacking").with_hint("write `within(2, after, …)`")
        })
    }

    fn counted(&mut self, start: usize) -> Parsed<(Compare, f64)> {
        let end = self.scanner.at();
        let wrong =
            || QueryError::new(start..end, "a count is compared with a number").with_hint("write `count(…) >= 3`");
        let Some(Sign::Compare(compare)) = Sign::take(&mut self.scanner) else { return Err(wrong()) };
        self.scanner.skip_blanks();
        let number = self.scanner.run().parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(wrong)?;
        Ok((compare, number))
    }

    /// What stands behind `has:` or `is:`.
    fn has(&mut self, is_flag: bool) -> Parsed<Node> {
        let start = self.scanner.at();
        let found = self.reference()?;
        let span = start..self.scanner.at();
        match found {
            Reference::Field(field, _) if is_flag && field.kind() == Kind::Flag => {
                Ok(Node::Test(Test { field, is: Is::Flag(true) }))
            }
            Reference::Field(field, _) if is_flag => {
                let name = field.name();
                Err(QueryError::new(span, format!("`{name}` is not yes or no"))
                    .with_hint(format!("write `has:{name}`")))
            }
            Reference::Field(field, _) => Ok(Node::Has(field)),
            Reference::Unknown(_) | Reference::Word => {
                self.scanner.run();
                let span = start..self.scanner.at();
                if span.is_empty() {
                    return Err(QueryError::new(span, "the name of a field is lacking here"));
                }
                Err(unknown(self.scanner.since(start), span, self.in_step))
            }
        }
    }

    fn field_or_word(&mut self) -> Parsed<Node> {
        let start = self.scanner;
        let found = self.reference()?;
        let span = start.at()..self.scanner.at();
        let after_name = self.scanner;
        let mut sign = Sign::take(&mut self.scanner);
        // `Answer: 5` is a text: a value stands right behind the colon.
        if sign == Some(Sign::Colon) && self.scanner.peek().is_some_and(char::is_whitespace) {
            sign = None;
            if matches!(found, Reference::Field(..)) {
                let (mut ahead, name) = (self.scanner, after_name.since(span.start));
                ahead.skip_blanks();
                let from = ahead.at();
                if !matches!(ahead.quoted(), Ok(Some(_))) {
                    ahead.run();
                }
                let value = ahead.since(from);
                if !value.is_empty() && !name.is_empty() {
                    self.doubt_word(span.start..ahead.at(), &format!("{name}:{value}"));
                }
            }
        }
        match (found, sign) {
            (Reference::Field(field, _), Some(sign)) => return self.compared(field, sign, span),
            (Reference::Field(field, is_plain), None) if !after_name.rest().starts_with(':') => {
                if field.kind() == Kind::Flag && (!is_plain || self.in_step) {
                    return Ok(Node::Test(Test { field, is: Is::Flag(true) }));
                }
                if !is_plain {
                    let name = field.name();
                    return Err(QueryError::new(span, format!("`{name}` is compared with nothing"))
                        .with_hint(format!("write `has:{name}`, or what it is to be")));
                }
            }
            (Reference::Unknown(name), Some(sign)) => {
                // `x=2` is a text like any other; only what looks like a slip is refused.
                let mut value = self.scanner;
                value.skip_blanks();
                let is_apart = after_name.rest().starts_with(char::is_whitespace);
                let is_number = value.run().parse::<f64>().is_ok();
                let is_prefixed = name.starts_with("step.");
                let is_slip = name.len() > 2 && catalog::meant(&name, self.in_step).is_some();
                if (is_prefixed || is_slip) && (!is_apart || (is_number && sign != Sign::Colon)) {
                    return Err(unknown(&name, span, self.in_step));
                }
            }
            (Reference::Unknown(name), None) if self.is_called(&name) => {
                return Err(unknown(&name, span, self.in_step));
            }
            (Reference::Unknown(name), None) if self.in_step && after_name.rest().starts_with(ends_condition) => {
                if let Some(meant) = catalog::flag_like(&name) {
                    self.doubt_word(span.clone(), meant);
                }
            }
            (Reference::Field(..) | Reference::Unknown(_), None) | (Reference::Word, _) => {}
        }
        self.scanner = start;
        let word = self.scanner.run();
        if word.is_empty() {
            return Err(self.lacking());
        }
        self.doubt_function(word, span.start..self.scanner.at());
        Ok(Node::Word(word.to_lowercase()))
    }

    /// The name of a field of steps, outside of a quantifier, is followed by brackets and by what it is to be.
    fn is_called(&self, name: &str) -> bool {
        let mut ahead = self.scanner;
        let takes = catalog::find(name, true).is_some_and(|spec| spec.takes != Takes::Nothing);
        if !takes || !ahead.take("(") {
            return false;
        }
        ahead.bracketed();
        ahead.take(")") && Sign::take(&mut ahead).is_some()
    }

    /// A text is searched for where something else was probably meant.
    fn doubt_word(&mut self, span: std::ops::Range<usize>, meant: &str) {
        let text = self.scanner.between(span.clone());
        let doubt = QueryError::new(span, format!("`{text}` is searched for as a text"));
        self.doubts.push(doubt.with_hint(format!("did you mean `{meant}`?")));
    }

    /// Doubts a word that looks like a part of the language, and is none.
    fn doubt_function(&mut self, word: &str, span: std::ops::Range<usize>) {
        let (name, rest) = word.split_at(word.find('(').unwrap_or(word.len()));
        let mut ahead = self.scanner;
        ahead.skip_blanks();
        let (meant, end) = match name {
            "&&" => ("and".to_owned(), span.end),
            "||" => ("or".to_owned(), span.end),
            _ if FUNCTIONS.contains(&name) && rest.is_empty() && ahead.take("(") => (format!("{name}("), ahead.at()),
            "some" | "exists" if !rest.is_empty() => ("any".to_owned(), span.start + name.len()),
            "every" | "each" if !rest.is_empty() => ("all".to_owned(), span.start + name.len()),
            "<" | "<=" | ">" | ">=" | "!=" | "==" => {
                let doubt = QueryError::new(span, format!("`{word}` is searched for as a text"));
                let hint = "it stands between one field and one value; put a text with it in quotation marks";
                self.doubts.push(doubt.with_hint(hint));
                return;
            }
            _ => return,
        };
        self.doubt_word(span.start..end, &meant);
    }

    fn compared(&mut self, field: Field, sign: Sign, name: std::ops::Range<usize>) -> Parsed<Node> {
        if sign != Sign::Colon {
            self.scanner.skip_blanks();
        }
        // Another number to compare with.
        if let (Kind::Number, Sign::Compare(compare)) = (field.kind(), sign) {
            let before = self.scanner;
            match self.reference()? {
                Reference::Field(other, _) if other.kind() == Kind::Number => {
                    if other.is_step() && !self.in_step {
                        let span = before.at()..self.scanner.at();
                        return Err(QueryError::new(span, "a step's number has to stand inside of `any(…)`"));
                    }
                    return Ok(Node::Test(Test { field, is: Is::Field(compare, other) }));
                }
                _ => self.scanner = before,
            }
        }
        let start = self.scanner.at();
        let Some(written) = Written::take(&mut self.scanner)? else {
            let text = field.name();
            let hint = match (sign, field.kind()) {
                (Sign::Colon, _) => "the value stands right behind the colon".to_owned(),
                (_, Kind::Number) => format!("write `{text} > 3`, or `has:{text}` to ask for any"),
                _ => format!("write `{text} = \"VALUE\"`, or `has:{text}` to ask for any"),
            };
            return Err(
                QueryError::new(name.start..start, format!("what `{text}` is to be is lacking")).with_hint(hint)
            );
        };
        let (is, doubt) = test(&field, sign, &written, start..self.scanner.at(), self.fields)?;
        self.doubts.extend(doubt);
        Ok(Node::Test(Test { field, is }))
    }
}

/// Behind a condition that stands alone.
fn ends_condition(c: char) -> bool {
    c.is_whitespace() || matches!(c, ')' | ',')
}

/// A name that no field has.
fn unknown(name: &str, span: std::ops::Range<usize>, in_step: bool) -> QueryError {
    if let Some(spec) = catalog::find(name, in_step).filter(|spec| spec.takes == Takes::Key) {
        let example = if matches!(spec.what, What::Meta | What::StepMeta) {
            format!("write `{name}.level`, or `{name}(\"a key\")`")
        } else {
            format!("write `{name}(\"NAME\")`")
        };
        return QueryError::new(span, format!("of `{name}` it has to be said which")).with_hint(example);
    }
    let error = QueryError::new(span, format!("there is no field `{name}`"));
    match catalog::meant(name, in_step) {
        Some(meant) => {
            error.with_hint(format!("did you mean `{meant}`? Put it in quotation marks to search for the text"))
        }
        None => error.with_hint("the description of the language lists the fields, as `stepscope query --help` does"),
    }
}
