//! Reads what a field is compared with.

use super::catalog::{Field, Kind, What};
use super::error::QueryError;
use super::fields::{Fields, KnownValue, alias, closed};
use super::near::nearest;
use super::scan::Scanner;
use super::tree::{Compare, Is, Matcher};

/// How a field and a value are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// `:`
    Colon,
    /// `~`
    Contains,
    Compare(Compare),
}

impl Sign {
    const SPELLED: [(&'static str, Self); 9] = [
        ("!=", Self::Compare(Compare::Unequal)),
        ("<=", Self::Compare(Compare::AtMost)),
        (">=", Self::Compare(Compare::AtLeast)),
        ("==", Self::Compare(Compare::Equal)),
        ("=", Self::Compare(Compare::Equal)),
        ("<", Self::Compare(Compare::Less)),
        (">", Self::Compare(Compare::More)),
        ("~", Self::Contains),
        (":", Self::Colon),
    ];

    /// The sign that stands here, or behind blanks if it is no colon.
    pub(super) fn take(scanner: &mut Scanner<'_>) -> Option<Self> {
        let mut ahead = *scanner;
        ahead.skip_blanks();
        let is_apart = ahead.at() > scanner.at();
        let found = Self::SPELLED.iter().find(|(text, _)| ahead.take(text)).map(|(_, sign)| *sign)?;
        if is_apart && found == Self::Colon {
            return None;
        }
        *scanner = ahead;
        Some(found)
    }
}

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Written {
    Quoted(String),
    Pattern(String),
    Bare(String),
}

impl Written {
    pub(super) fn take(scanner: &mut Scanner<'_>) -> Result<Option<Self>, QueryError> {
        if let Some(text) = scanner.quoted()? {
            return Ok(Some(Self::Quoted(text)));
        }
        if let Some(pattern) = scanner.pattern()? {
            return Ok(Some(Self::Pattern(pattern)));
        }
        let run = scanner.run();
        Ok((!run.is_empty()).then(|| Self::Bare(run.into())))
    }

    fn text(&self) -> &str {
        match self {
            Self::Quoted(text) | Self::Pattern(text) | Self::Bare(text) => text,
        }
    }
}

/// What the field is to be: that value, put to it by that sign. `span` is the place of the value.
pub(super) fn test(
    field: &Field,
    sign: Sign,
    written: &Written,
    span: std::ops::Range<usize>,
    fields: &Fields,
) -> Result<(Is, Option<QueryError>), QueryError> {
    let name = field.name();
    let text = written.text();
    let wrong = |message: String| QueryError::new(span.clone(), message);
    let is_number = field.kind() == Kind::Number;
    let may_be_number = is_number || matches!(field.what, What::Meta | What::StepMeta);
    match (field.kind(), sign) {
        (Kind::Flag, Sign::Colon | Sign::Compare(Compare::Equal | Compare::Unequal)) => {
            let yes = match text.to_lowercase().as_str() {
                "yes" | "true" | "1" => true,
                "no" | "false" | "0" => false,
                _ => return Err(wrong(format!("`{name}` is yes or no, and `{text}` is neither"))),
            };
            Ok((Is::Flag(yes != (sign == Sign::Compare(Compare::Unequal))), None))
        }
        (Kind::Flag, _) => Err(wrong(format!("`{name}` is yes or no: write `{name}:yes`"))),
        _ if may_be_number && is_numeric(sign, written, is_number) => {
            let is = number(sign, text).ok_or_else(|| {
                wrong(format!("`{text}` is no number")).with_hint(format!("write `{name} >= 3` or `{name}:3..5`"))
            })?;
            let doubt = match is {
                Is::Between(Some(from), Some(to)) if from > to => {
                    let doubt = wrong(format!("no number is from {from} to {to}"));
                    Some(doubt.with_hint(format!("did you mean `{to}..{from}`?")))
                }
                _ => None,
            };
            Ok((is, doubt))
        }
        (Kind::Number, _) if field.what != What::FirstError => {
            Err(wrong(format!("`{name}` is a number, and `{text}` is none"))
                .with_hint(format!("write `{name} > 3` or `{name}:3..5`")))
        }
        (_, Sign::Compare(Compare::Less | Compare::AtMost | Compare::More | Compare::AtLeast)) => {
            Err(wrong(format!("`{name}` is no number, so nothing is less or more"))
                .with_hint(format!("write `{name}:{text}`")))
        }
        (kind, _) => {
            let matcher = matcher(field, kind, sign, written);
            let doubt = known_value(field, &matcher, span, fields)?;
            let is_not = sign == Sign::Compare(Compare::Unequal);
            Ok((if is_not { Is::NotText(matcher) } else { Is::Text(matcher) }, doubt))
        }
    }
}

/// True where a number or a range is meant. What may be either is a name where it is only to be the same.
fn is_numeric(sign: Sign, written: &Written, is_number: bool) -> bool {
    let text = match written {
        Written::Bare(text) => text,
        // A number may stand in quotation marks where nothing else can.
        Written::Quoted(text) if is_number => text,
        Written::Quoted(_) | Written::Pattern(_) => return false,
    };
    let digits = text.trim_start_matches(['!', '<', '>', '=']);
    let is_same = matches!(sign, Sign::Colon | Sign::Compare(Compare::Equal | Compare::Unequal));
    if !is_number && is_same && digits.len() == text.len() && !text.contains("..") {
        return false;
    }
    digits != ".."
        && !digits.is_empty()
        && digits.split("..").all(|part| part.is_empty() || part.parse::<f64>().is_ok())
}

fn number(sign: Sign, text: &str) -> Option<Is> {
    let finite = |text: &str| text.parse::<f64>().ok().filter(|number| !number.is_nan());
    match sign {
        Sign::Compare(compare) => Some(Is::Number(compare, finite(text)?)),
        Sign::Contains => None,
        Sign::Colon => {
            let signs = Sign::SPELLED.iter().filter(|(_, sign)| matches!(sign, Sign::Compare(_)));
            for (spelled, sign) in signs {
                if let (Some(rest), Sign::Compare(compare)) = (text.strip_prefix(spelled), sign) {
                    return Some(Is::Number(*compare, finite(rest)?));
                }
            }
            let Some((from, to)) = text.split_once("..") else {
                return Some(Is::Number(Compare::Equal, finite(text)?));
            };
            let bound = |text: &str| if text.is_empty() { Some(None) } else { finite(text).map(Some) };
            Some(Is::Between(bound(from)?, bound(to)?))
        }
    }
}

fn matcher(field: &Field, kind: Kind, sign: Sign, written: &Written) -> Matcher {
    let contains = sign == Sign::Contains || (kind == Kind::Words && sign == Sign::Colon) || is_noted(field);
    match written {
        Written::Pattern(pattern) => Matcher::Pattern(pattern.clone()),
        Written::Bare(text) if text.contains('*') && !contains => Matcher::Glob(text.to_lowercase()),
        Written::Bare(text) | Written::Quoted(text) => {
            let text = text.to_lowercase();
            if contains {
                return Matcher::Contains(text);
            }
            if field.what == What::Kind && text == "tool" {
                return Matcher::Glob("tool_*".into());
            }
            if field.what == What::File && matches!(written, Written::Bare(_)) {
                return Matcher::FileName(text);
            }
            Matcher::Exactly(alias(field.what, &text).map_or(text, str::to_owned))
        }
    }
}

/// True for words of people, which are looked into.
fn is_noted(field: &Field) -> bool {
    matches!(field.what, What::Note | What::StepNote)
}

/// An error where no trace can have that value, a doubt where none has.
fn known_value(
    field: &Field,
    matcher: &Matcher,
    span: std::ops::Range<usize>,
    fields: &Fields,
) -> Result<Option<QueryError>, QueryError> {
    let (Matcher::Exactly(text) | Matcher::FileName(text)) = matcher else { return Ok(None) };
    let name = field.name();
    if let Some(values) = closed(field.what) {
        if values.contains(&text.as_str()) {
            return Ok(None);
        }
        let error = QueryError::new(span, format!("`{name}` is never `{text}`"));
        let number = if field.what == What::FirstError { "the number of a step, " } else { "" };
        let hint = match nearest(text, values.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is {number}{}", values.join(", ")),
        };
        return Err(error.with_hint(hint));
    }
    let Some(values) = fields.values(field) else { return Ok(None) };
    let last_part = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let is_file = matches!(matcher, Matcher::FileName(_));
    let is_known = |known: &KnownValue| {
        let known = known.value.to_lowercase();
        known == *text || (is_file && last_part(&known) == *text)
    };
    if values.iter().any(is_known) {
        return Ok(None);
    }
    let one = if field.is_step() { "step" } else { "trace" };
    let doubt = QueryError::new(span, format!("no {one} has `{text}` as `{name}`"));
    let near = if is_file {
        let names: Vec<String> = values.iter().map(|known| last_part(&known.value)).collect();
        nearest(text, names.iter().map(String::as_str)).map(str::to_owned)
    } else {
        nearest(text, values.iter().map(|known| known.value.as_str())).map(str::to_owned)
    };
    Ok(Some(match near {
        Some(near) => doubt.with_hint(format!("did you mean `{near}`?")),
        None if text.is_empty() => doubt.with_hint(format!("`not has:{name}` asks for those without")),
        None => doubt,
    }))
}
