//! Messages to the user: what happened, why, and what to do.

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Goes away by itself.
    Info,
    /// Stays until dismissed.
    Warning,
    /// Stays until dismissed.
    Error,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Number of the notice, for dismissing it.
    pub id: u64,
    /// How serious it is.
    pub level: Level,
    /// What happened, in one line.
    pub title: String,
    /// Why, and what to do; may be empty.
    pub detail: String,
    /// Seconds left to show it; `None` until dismissed.
    pub seconds_left: Option<f32>,
}

/// The messages on screen, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    shown: Vec<Notice>,
    next: u64,
}

/// How long an info stays, in seconds.
const INFO_SECONDS: f32 = 6.0;

/// More than these push the oldest out.
const MOST: usize = 4;

impl Notices {
    /// Shows a message that goes away by itself.
    pub fn info(&mut self, title: impl Into<String>, detail: impl Into<String>) {
        self.push(Level::Info, title.into(), detail.into(), Some(INFO_SECONDS));
    }

    /// Shows a warning.
    pub fn warning(&mut self, title: impl Into<String>, detail: impl Into<String>) {
        self.push(Level::Warning, title.into(), detail.into(), None);
    }

    /// Shows many warnings of one kind as one: the first, and how many more. Nothing where there are none.
    pub fn warnings(&mut self, title: &str, texts: impl IntoIterator<Item = String>) {
        let mut texts = texts.into_iter();
        if let Some(first) = texts.next() {
            let more = texts.count();
            let detail = if more == 0 { first } else { format!("{first} (and {more} more)") };
            self.warning(title, detail);
        }
    }

    /// Shows an error.
    pub fn error(&mut self, title: impl Into<String>, detail: impl Into<String>) {
        self.push(Level::Error, title.into(), detail.into(), None);
    }

    /// Takes one away.
    pub fn dismiss(&mut self, id: u64) {
        self.shown.retain(|notice| notice.id != id);
    }

    /// Takes all away, as when another project opens.
    pub fn clear(&mut self) {
        self.shown.clear();
    }

    /// The messages on screen, oldest first.
    pub fn shown(&self) -> &[Notice] {
        &self.shown
    }

    /// Lets time pass; true while some notice is counting down.
    pub fn tick(&mut self, seconds: f32) -> bool {
        for left in self.shown.iter_mut().filter_map(|notice| notice.seconds_left.as_mut()) {
            *left -= seconds;
        }
        self.shown.retain(|notice| notice.seconds_left.is_none_or(|left| left > 0.0));
        self.shown.iter().any(|notice| notice.seconds_left.is_some())
    }

    fn push(&mut self, level: Level, title: String, detail: String, seconds_left: Option<f32>) {
        // The same message again only starts its time anew.
        self.shown.retain(|notice| notice.title != title || notice.detail != detail);
        self.next += 1;
        self.shown.push(Notice { id: self.next, level, title, detail, seconds_left });
        if self.shown.len() > MOST {
            self.shown.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_warnings_of_one_kind_are_one_notice() {
        let mut notices = Notices::default();
        notices.warnings("Not read", []);
        notices.warnings("Not read", ["line 3".to_owned()]);
        notices.warnings("Not read", (4..9).map(|line| format!("line {line}")));
        let details: Vec<&str> = notices.shown().iter().map(|notice| notice.detail.as_str()).collect();
        assert_eq!(details, ["line 3", "line 4 (and 4 more)"]);
    }
}
