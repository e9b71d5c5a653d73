//! What an invitation may say.

use crate::{
    error::Error,
    html::form::Fields,
    input::{self, Problems, Reader},
    people::Role,
};

/// People invited at once.
pub const MOST_AT_ONCE: usize = 100;
/// The longest personal message, in characters.
pub const LONGEST_MESSAGE: usize = 1000;

/// What the form says, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Invitees {
    pub emails: String,
    pub role: String,
    pub message: String,
}

/// Whom to invite, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToInvite {
    pub emails: Vec<String>,
    pub role: Role,
    pub message: String,
}

impl Invitees {
    pub fn read(fields: &Fields) -> Result<Self, Error> {
        Ok(Self {
            emails: fields.given("emails")?.to_owned(),
            role: fields.one("role")?.to_owned(),
            message: fields.one("message")?.to_owned(),
        })
    }

    /// The addresses, each once, in the order in which they stand there; between them white space, commas or semicolons.
    pub fn checked(&self) -> Result<ToInvite, Problems> {
        let mut reader = Reader::default();
        let mut emails: Vec<String> = Vec::new();
        for typed in self
            .emails
            .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
            .filter(|typed| !typed.is_empty())
        {
            match input::email(typed) {
                Some(email) if emails.contains(&email) => (),
                Some(email) => emails.push(email),
                None => {
                    let typed: String = input::line(typed).chars().take(80).collect();
                    let problem = format!("must be email addresses; “{typed}” is not one");
                    reader.problems.add("emails", &problem);
                    break;
                }
            }
        }
        if reader.problems.is_empty() && emails.is_empty() {
            reader.problems.add("emails", "is required");
        }
        if emails.len() > MOST_AT_ONCE {
            let problem = format!("can be at most {MOST_AT_ONCE} at once");
            reader.problems.add("emails", &problem);
        }
        let role = match self.role.as_str() {
            "student" => Role::Student,
            "alumnus" => Role::Alumnus,
            _ => {
                reader.problems.add("role", "must be student or alumnus");
                Role::Student
            }
        };
        let message = reader.paragraphs("message", &self.message, LONGEST_MESSAGE);
        reader.problems.or(ToInvite {
            emails,
            role,
            message,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_from_whatever_stands_between_them() {
        let typed = |emails: &str| {
            Invitees {
                emails: emails.into(),
                role: "alumnus".into(),
                message: String::new(),
            }
            .checked()
        };
        let read = typed("Ada@example.org, bea@example.org;\n ada@example.org").unwrap();
        assert_eq!(read.emails, ["ada@example.org", "bea@example.org"]);
        assert!(typed(" ,; ").is_err());
        let problems = typed("ada@example.org bea").unwrap_err();
        assert!(
            format!("{problems:?}").contains("“bea” is not one"),
            "{problems:?}"
        );
        let many: Vec<String> = (0..=MOST_AT_ONCE)
            .map(|n| format!("a{n}@example.org"))
            .collect();
        assert!(typed(&many.join(" ")).is_err());
        assert!(typed(&many[1..].join(" ")).is_ok());
    }
}
