//! What is typed about a program.

use crate::{
    error::Error,
    html::form::Fields,
    input::{self, Problems},
    programs::file::{
        Contact, ProgramFile,
        edit::{with_block, with_contacts, with_program},
    },
    schedule::Zone,
};

/// The most ways to the coordinators.
const MOST_CONTACTS: usize = 5;
/// The longest text, in characters.
const LONGEST: usize = 10_000;

/// What stands in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    pub name: String,
    pub summary: String,
    pub zone: String,
    /// One to a line: an email address, or a web address.
    pub contacts: String,
    /// In the order of the file.
    pub texts: Vec<String>,
}

/// The name of the field of a text.
pub fn text_of(at: usize) -> String {
    format!("text-{at}")
}

impl Typed {
    pub fn of(file: &ProgramFile, zone: &str) -> Self {
        let contacts = file.contacts.iter().map(|contact| contact.address.clone());
        let contacts: Vec<String> = contacts.collect();
        Self {
            name: file.name.clone(),
            summary: file.summary.clone(),
            zone: zone.to_owned(),
            contacts: contacts.join("\n"),
            texts: file.blocks.iter().map(|block| block.text.clone()).collect(),
        }
    }

    /// # Errors
    ///
    /// A field that was sent twice.
    pub fn read(fields: &Fields, file: &ProgramFile) -> Result<Self, Error> {
        let text = |at| fields.given(&text_of(at)).map(input::paragraphs);
        Ok(Self {
            name: input::line(fields.given("name")?),
            summary: input::line(fields.given("summary")?),
            zone: fields.given("zone")?.to_owned(),
            contacts: input::paragraphs(fields.given("contacts")?),
            texts: (0..file.blocks.len()).map(text).collect::<Result<_, _>>()?,
        })
    }

    /// The text of a file with what differs from how it was shown.
    ///
    /// # Errors
    ///
    /// What is wrong, by field.
    pub fn written(&self, text: &str, shown: &Self) -> Result<String, Problems> {
        let mut problems = Problems::default();
        let mut text = text.to_owned();
        match self.name.chars().count() {
            0 => problems.add("name", "is required"),
            101.. => problems.add("name", "must be at most 100 characters long"),
            _ if self.name == shown.name => {}
            _ => text = with_program(&text, "name", &self.name),
        }
        if self.summary.chars().count() > 300 {
            problems.add("summary", "must be at most 300 characters long");
        } else if self.summary != input::line(&shown.summary) {
            text = with_program(&text, "summary", &self.summary);
        }
        if self.zone != shown.zone {
            match self.zone.is_empty() || Zone::named(&self.zone).is_ok() {
                true => text = with_program(&text, "zone", &self.zone),
                false => problems.add("zone", "must be one of the time zones"),
            }
        }
        if self.contacts != shown.contacts {
            match contacts(&self.contacts) {
                Ok(contacts) => text = with_contacts(&text, &contacts),
                Err(problem) => problems.add("contacts", problem),
            }
        }
        for (at, (typed, before)) in self.texts.iter().zip(&shown.texts).enumerate() {
            if typed.chars().count() > LONGEST {
                problems.add(text_of(at), "must be at most 10,000 characters long");
            } else if *typed != input::paragraphs(before) {
                text = with_block(&text, at, typed);
            }
        }
        problems.or(text)
    }
}

/// Ways to the coordinators, one to a line.
fn contacts(typed: &str) -> Result<Vec<Contact>, String> {
    let lines: Vec<String> = typed.lines().map(input::line).collect();
    let lines: Vec<&String> = lines.iter().filter(|line| !line.is_empty()).collect();
    if lines.len() > MOST_CONTACTS {
        return Err(format!("can be at most {MOST_CONTACTS}"));
    }
    let contact = |line: &String| {
        let channel = match input::is_web_address(line) {
            true if line.contains("slack.com") => "slack",
            true => "link",
            false if input::email(line).is_some() => "email",
            false => {
                let problem = "must be email addresses such as team@example.org, or web addresses";
                return Err(format!("{problem}; “{line}” is neither"));
            }
        };
        Ok(Contact {
            channel: channel.to_owned(),
            address: line.clone(),
        })
    };
    lines.into_iter().map(contact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::file::read::read;

    const FILE: &str = "[program] # ours\nslug = \"a-b\"\nname = \"A\"\nmode = \"evergreen\"\nzone = \"\" # open\ncontacts = []\n\n\
        [[block]]\nname = \"x\"\ntitle = \"X\"\nrole = \"both\"\ntext = \"\"\n";

    #[test]
    fn what_is_typed_stands_in_the_file_and_the_rest_stays() {
        let file = read(FILE).unwrap().file;
        let shown = Typed::of(&file, "");
        assert_eq!(shown.written(FILE, &shown).unwrap(), FILE);
        let mut typed = shown.clone();
        typed.zone = "Europe/Berlin".into();
        typed.contacts =
            "team@example.org\nhttps://us.slack.com/mentoring\nhttps://example.org/us".into();
        typed.texts[0] = "First.\n\n- \"second\" \\ third".into();
        let text = typed.written(FILE, &shown).unwrap();
        let after = read(&text).unwrap().file;
        assert_eq!(Typed::of(&after, "Europe/Berlin"), typed, "{text}");
        assert!(
            text.starts_with("[program] # ours") && text.contains("# open"),
            "{text}"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let file = read(FILE).unwrap().file;
        let shown = Typed::of(&file, "");
        let typed = Typed {
            name: String::new(),
            summary: "x".repeat(301),
            zone: "Mars/Phobos".into(),
            contacts: "nowhere".into(),
            texts: vec!["x".repeat(10_001)],
        };
        let problems = typed.written(FILE, &shown).unwrap_err();
        let named: Vec<&str> = problems.iter().map(|(field, _)| field).collect();
        assert_eq!(named, ["name", "summary", "zone", "contacts", "text-0"]);
    }
}
