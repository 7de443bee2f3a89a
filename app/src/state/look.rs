//! How the window looks: which theme, how dense. What that means in colours and points, the tokens say.

use serde::{Deserialize, Deserializer, Serialize};

/// Which theme is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// That of the system, as it changes; dark where the system says nothing.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// How much room things have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    /// As much as possible at once.
    Compact,
    /// The usual.
    #[default]
    Usual,
    /// Room around everything.
    Airy,
}

impl Density {
    /// The next one, round and round.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Compact => Self::Usual,
            Self::Usual => Self::Airy,
            Self::Airy => Self::Compact,
        }
    }
}

/// How large the panels around the steps are, as shares of the window; `None` where they were not dragged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PanelSizes {
    /// Width of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<f32>,
    /// Width of the inspector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspector: Option<f32>,
    /// Height of the curve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curve: Option<f32>,
    /// Width of what stands beside, as a share of the middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<f32>,
}

/// A panel whose size is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizedPanel {
    /// The table of traces.
    Table,
    /// The inspector.
    Inspector,
    /// The curve of scores.
    Curve,
    /// What stands beside the open trace.
    Beside,
}

impl PanelSizes {
    /// True where no panel was dragged.
    pub fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// The size of a panel in points where it can have so much; `usual` where it was not dragged.
    pub fn size(&self, panel: SizedPanel, room: f32, usual: f32) -> f32 {
        self.share(panel).filter(|share| share.is_finite()).map_or(usual, |share| (share * room).round())
    }

    /// Notes that a panel was dragged to that size.
    pub fn set(&mut self, panel: SizedPanel, share: f32) {
        let slot = match panel {
            SizedPanel::Table => &mut self.table,
            SizedPanel::Inspector => &mut self.inspector,
            SizedPanel::Curve => &mut self.curve,
            SizedPanel::Beside => &mut self.beside,
        };
        *slot = Some(share);
    }

    const fn share(&self, panel: SizedPanel) -> Option<f32> {
        match panel {
            SizedPanel::Table => self.table,
            SizedPanel::Inspector => self.inspector,
            SizedPanel::Curve => self.curve,
            SizedPanel::Beside => self.beside,
        }
    }
}

/// Reads the choice of a theme: its name, or whether it was dark, as settings said before there was a third choice.
pub(super) fn theme<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ThemeChoice, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Name(ThemeChoice),
        Dark(bool),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Name(choice) => choice,
        Written::Dark(true) => ThemeChoice::Dark,
        Written::Dark(false) => ThemeChoice::Light,
    })
}
