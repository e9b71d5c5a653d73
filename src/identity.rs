//! Who runs this site, as its pages, letters and calendars say it: a name, a logo, a colour.

use crate::input::Problems;

/// What the site is called until somebody gives it a name.
pub const UNNAMED: &str = "Almanac";

/// How an instance presents itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    /// None: the green that Almanac comes with.
    pub accent: Option<Accent>,
    /// A PNG, at most 480 by 96 pixels.
    pub logo: Option<Vec<u8>>,
    /// A line that every page ends with, such as an address to write to.
    pub contact: String,
    /// The privacy notice as Markdown; empty: that of the settings.
    pub privacy: String,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            name: UNNAMED.to_owned(),
            accent: None,
            logo: None,
            contact: String::new(),
            privacy: String::new(),
        }
    }
}

type Rgb = [u8; 3];

/// The backgrounds that accents stand on, by theme; `tokens.css` has the same.
const PAPER: Rgb = [0xf6, 0xf4, 0xee];
const CARD: Rgb = [0xff, 0xfe, 0xfb];
const DARK_PAPER: Rgb = [0x14, 0x1a, 0x18];
const DARK_CARD: Rgb = [0x1c, 0x24, 0x21];
const WHITE: Rgb = [0xff; 3];
const BLACK: Rgb = [0; 3];

/// What WCAG 2.2 asks of text, 1.4.3.
const ENOUGH: f64 = 4.5;

/// A colour that can be read on every background, and on which white can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent(Rgb);

impl Accent {
    /// From `#1f5c4d`. The problem says what is wrong with it.
    ///
    /// ```
    /// use almanac::identity::Accent;
    /// assert!(Accent::parse("#1b3a8c").is_ok());
    /// assert!(Accent::parse("#ffd400").unwrap_err().contains("too light"));
    /// assert!(Accent::parse("blue").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = text.trim().strip_prefix('#').unwrap_or_default();
        let is_colour = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_colour);
        let number = number.ok_or("must be a colour such as #1f5c4d")?;
        let [_, red, green, blue] = number.to_be_bytes();
        let colour = [red, green, blue];
        let soft = mixed(colour, CARD, 0.13);
        let contrast = [PAPER, CARD, WHITE, soft]
            .map(|background| contrast(colour, background))
            .into_iter()
            .fold(f64::MAX, f64::min);
        if contrast < ENOUGH {
            return Err(format!(
                "is too light to read: its contrast is {contrast:.1} to 1, and text needs {ENOUGH} to 1. Choose a darker shade"
            ));
        }
        Ok(Self(colour))
    }

    /// As in `#1f5c4d`.
    pub fn as_text(self) -> String {
        shown(self.0)
    }

    /// The shade of it that can be read where it is dark.
    fn in_the_dark(self) -> Rgb {
        let shades = (0..=20u8).map(|step| mixed(WHITE, self.0, f64::from(step) / 20.0));
        let is_clear = |shade: &Rgb| {
            let soft = mixed(*shade, DARK_CARD, 0.2);
            [DARK_PAPER, DARK_CARD, soft]
                .iter()
                .all(|background| contrast(*shade, *background) >= ENOUGH)
                && contrast(*shade, mixed(self.0, BLACK, 0.25)) >= ENOUGH
        };
        shades.into_iter().find(is_clear).unwrap_or(WHITE)
    }

    /// Styles that put it in the place of the colour that Almanac comes with.
    pub fn styles(self) -> String {
        let dark = self.in_the_dark();
        let pair = |light: Rgb, dark: Rgb| format!("light-dark({}, {})", shown(light), shown(dark));
        format!(
            ":root {{\n  --accent: {};\n  --accent-ink: {};\n  --accent-soft: {};\n}}\n",
            pair(self.0, dark),
            pair(WHITE, mixed(self.0, BLACK, 0.25)),
            pair(mixed(self.0, CARD, 0.13), mixed(dark, DARK_CARD, 0.2)),
        )
    }
}

fn shown([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// So much of one colour, and the rest of the other.
fn mixed(one: Rgb, other: Rgb, share: f64) -> Rgb {
    std::array::from_fn(|n| {
        (f64::from(one[n]) * share + f64::from(other[n]) * (1.0 - share)).round() as u8
    })
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: Rgb) -> f64 {
    let [red, green, blue] = colour.map(|channel| {
        let part = f64::from(channel) / 255.0;
        match part <= 0.04045 {
            true => part / 12.92,
            false => ((part + 0.055) / 1.055).powf(2.4),
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// From 1 to 21 (WCAG 2.2).
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// What an administrator typed.
#[derive(Clone, Debug, Default)]
pub struct IdentityForm {
    pub name: String,
    pub accent: String,
    pub contact: String,
    pub privacy: String,
}

impl IdentityForm {
    pub fn of(identity: &Identity) -> Self {
        Self {
            name: identity.name.clone(),
            accent: identity.accent.map(Accent::as_text).unwrap_or_default(),
            contact: identity.contact.clone(),
            privacy: identity.privacy.clone(),
        }
    }

    /// The identity with what was typed, without a logo.
    pub fn checked(&self) -> Result<Identity, Problems> {
        let mut reader = crate::input::Reader::default();
        let name = reader.line("name", &self.name, 60);
        let contact = reader.line("contact", &self.contact, 120);
        let privacy = reader.paragraphs("privacy", &self.privacy, 20_000);
        if name.is_empty() {
            reader.problems.add("name", "Enter a name.");
        }
        let accent = match self.accent.trim() {
            "" => None,
            text => match Accent::parse(text) {
                Ok(accent) => Some(accent),
                Err(problem) => {
                    reader.problems.add("accent", problem);
                    None
                }
            },
        };
        reader.problems.or(Identity {
            name,
            accent,
            logo: None,
            contact,
            privacy,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 0.01);
        assert!((contrast([0x76; 3], WHITE) - 4.54).abs() < 0.01);
    }

    proptest! {
        /// Whatever is accepted can be read in both themes, on its button and on its soft ground.
        #[test]
        fn an_accepted_colour_can_be_read_everywhere(colour in any::<Rgb>()) {
            if let Ok(accent) = Accent::parse(&shown(colour)) {
                let dark = accent.in_the_dark();
                prop_assert!(contrast(dark, DARK_CARD) >= ENOUGH);
                prop_assert!(contrast(dark, mixed(dark, DARK_CARD, 0.2)) >= ENOUGH);
                prop_assert!(contrast(dark, mixed(colour, BLACK, 0.25)) >= ENOUGH);
                prop_assert!(contrast(colour, WHITE) >= ENOUGH);
            }
        }
    }
}
