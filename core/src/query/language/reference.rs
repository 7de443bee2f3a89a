//! Reads the name of a field, with what stands in brackets and behind dots.

use std::ops::Range;

use super::catalog::{self, Field, Of, Part, Said, Takes, What, is_meta_char};
use super::error::QueryError;
use super::near::nearest;
use super::parse::{Parsed, Parser, Reference};

impl Parser<'_> {
    /// A field, with what stands in brackets and behind dots. The flag is true for a lone name.
    pub(super) fn reference(&mut self) -> Parsed<Reference> {
        let start = self.scanner.at();
        let mut name = self.scanner.name().to_owned();
        if name.is_empty() {
            return Ok(Reference::Word);
        }
        let mut ahead = self.scanner;
        if name == "step" && ahead.take(".") {
            let of_step = ahead.name();
            if !of_step.is_empty() {
                name = format!("step.{of_step}");
                self.scanner = ahead;
            }
        }
        let Some(spec) = catalog::find(&name, self.in_step) else { return Ok(Reference::Unknown(name)) };
        let mut field = Field::plain(spec.what);
        if spec.takes == Takes::Source {
            field.of = Of::Source(Said::Anyone);
        } else if spec.takes == Takes::Scorer {
            field.of = Of::Scorer(None);
        }
        let mut is_plain = !name.starts_with("step.");
        let is_meta = matches!(spec.what, What::Meta | What::StepMeta);
        let mut ahead = self.scanner;
        if is_meta && ahead.take(".") {
            let key = ahead.take_while(is_meta_char).trim_end_matches('.');
            if !key.is_empty() {
                self.scanner = ahead;
                self.check_key(spec.what, key, start)?;
                field.of = Of::Key(key.into());
                is_plain = false;
            }
        } else if spec.takes != Takes::Nothing && self.scanner.take("(") {
            field.of = self.argument(spec.takes, spec.what)?;
            is_plain = false;
        }
        if spec.takes == Takes::Key && field.of == Of::Nothing {
            return Ok(Reference::Unknown(name));
        }
        if spec.what == What::Score {
            field.part = Part::Min;
        }
        let mut ahead = self.scanner;
        if ahead.take(".") {
            let before = ahead.at();
            let part = ahead.name();
            let parts = Part::of(spec.what);
            if let Some((_, part)) = parts.iter().find(|(name, _)| *name == part) {
                (field.part, is_plain) = (*part, false);
                self.scanner = ahead;
            } else if !parts.is_empty() && !part.is_empty() {
                let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
                return Err(QueryError::new(before..ahead.at(), format!("`{name}` has no part `{part}`"))
                    .with_hint(format!("it has {}", names.join(", "))));
            }
        }
        Ok(Reference::Field(field, is_plain))
    }

    /// What stands in the brackets of a field; the opening one has been read.
    fn argument(&mut self, takes: Takes, what: What) -> Parsed<Of> {
        let opened = self.scanner.at() - 1;
        self.scanner.skip_blanks();
        let start = self.scanner.at();
        let text = match self.scanner.quoted()? {
            Some(text) => text,
            None => self.scanner.bracketed().trim_end().to_owned(),
        };
        let span = start..self.scanner.at();
        self.close(opened)?;
        let known = self.fields.known.as_ref();
        match takes {
            Takes::Scorer => {
                if let Some(known) = known {
                    let bare = text.strip_prefix("imported:").unwrap_or(&text);
                    Self::check("scorer", bare, &known.scorers, span)?;
                }
                Ok(Of::Scorer(Some(text)))
            }
            Takes::Key => {
                match (what, known) {
                    (What::Scale | What::StepScale, Some(known)) => Self::check("scale", &text, &known.scales, span)?,
                    (What::Meta | What::StepMeta, _) => self.check_key(what, &text, start)?,
                    _ => {}
                }
                Ok(Of::Key(text))
            }
            Takes::Source | Takes::Nothing => self.source(&text, what, span).map(Of::Source),
        }
    }

    fn check_key(&self, what: What, key: &str, start: usize) -> Parsed<()> {
        let Some(known) = &self.fields.known else { return Ok(()) };
        let keys = if what == What::Meta { &known.meta } else { &known.step_meta };
        Self::check("key of metadata", key, keys, start..self.scanner.at())
    }

    pub(super) fn check(sort: &str, name: &str, known: &[String], span: Range<usize>) -> Parsed<()> {
        if known.iter().any(|known| known == name) {
            return Ok(());
        }
        let error = QueryError::new(span, format!("there is no {sort} `{name}` in this project"));
        let near = nearest(name, known.iter().map(String::as_str));
        let some: Vec<&str> = known.iter().take(8).map(String::as_str).collect();
        Err(match near {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None if some.is_empty() => error.with_hint("there is none at all"),
            None => error.with_hint(format!("there is {}", some.join(", "))),
        })
    }
}
