//! The letters of results: which text an applicant gets, with what stands for its variables.

use crate::{
    html::time,
    input::Problems,
    mail::{Envelope, Letter as Mail, body::Block},
    programs::{
        application::{CohortRole, Decision},
        cohort::Cohort,
        file::{Letter, ProgramFile, texts},
    },
};

/// The name of a decision's letter in a program file.
pub fn name_of(decision: Decision) -> &'static str {
    match decision {
        Decision::Selected => "selected",
        Decision::WaitListed => "wait_listed",
        Decision::NotSelected | Decision::Declined => "not_selected",
        Decision::Offered => "offered",
    }
}

/// The decisions that are written about.
pub const DECISIONS: [Decision; 4] = [
    Decision::Selected,
    Decision::WaitListed,
    Decision::NotSelected,
    Decision::Offered,
];

/// What a letter can name.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub name: &'a str,
    pub role: CohortRole,
    /// The page of the application.
    pub url: &'a str,
    /// Until when a seat is kept.
    pub until: Option<String>,
}

/// Subject and text that a program has for a decision; our own where it has none.
fn text_of(file: &ProgramFile, decision: Decision, role: CohortRole) -> (String, String) {
    let name = name_of(decision);
    let own = file
        .letters
        .iter()
        .filter(|letter: &&Letter| letter.name == name)
        .find(|letter| role.is_of(letter.role));
    if let Some(letter) = own {
        return (letter.subject.clone(), letter.text.clone());
    }
    let (subject, text) = match decision {
        Decision::Selected => (
            "You are in: {program}",
            "Hello {name},\n\nyou are in {program} as a {role}.\n\nYour next steps: {link}",
        ),
        Decision::WaitListed => (
            "You are on the wait-list: {program}",
            "Hello {name},\n\nthere were more applications to {program} than places, and you are on the wait-list. If a place becomes free, we write to you at once.\n\nWhere you stand: {link}",
        ),
        Decision::NotSelected | Decision::Declined => (
            "Your application to {program}",
            "Hello {name},\n\nthank you for applying to {program}. We cannot offer you a place this time.\n\nQuestions? Write to {contact}",
        ),
        Decision::Offered => (
            "A place in {program} is free for you",
            "Hello {name},\n\na place in {program} has become free, and you are next on the wait-list. Do you want it?\n\nAnswer here: {link}",
        ),
    };
    (subject.to_owned(), text.to_owned())
}

/// What stands for a variable; none where the program does not say it.
fn value(file: &ProgramFile, cohort: &Cohort, facts: &Facts, variable: &str) -> Option<String> {
    Some(match variable {
        "name" => facts.name.to_owned(),
        "program" => file.name.clone(),
        "cohort" => match cohort.is_rolling {
            true => String::new(),
            false => cohort.name.clone(),
        },
        "role" => facts.role.as_str().to_owned(),
        "starts_on" => time::long_date(cohort.starts_on?),
        "ends_on" => time::long_date(cohort.ends_on?),
        "results_on" => time::moment(cohort.results_at?, &cohort.zone()),
        "link" => facts.url.to_owned(),
        "contact" => file.contacts.first()?.address.clone(),
        _ => return None,
    })
}

fn filled(
    file: &ProgramFile,
    cohort: &Cohort,
    facts: &Facts,
    text: &str,
) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let Some(end) = rest[at..].find('}') else {
            break;
        };
        let variable = &rest[at + 1..at + end];
        let value = value(file, cohort, facts, variable).ok_or_else(|| variable.to_owned())?;
        out.push_str(&rest[..at]);
        out.push_str(&value);
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// A letter as its reader gets it: subject, and text in paragraphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub subject: String,
    pub paragraphs: Vec<String>,
}

/// Writes the letter about a decision.
///
/// # Errors
///
/// The variable that nothing stands for.
pub fn written(
    file: &ProgramFile,
    cohort: &Cohort,
    decision: Decision,
    facts: &Facts,
) -> Result<Written, String> {
    let (subject, text) = text_of(file, decision, facts.role);
    let text = filled(file, cohort, facts, &text)?;
    let subject = filled(file, cohort, facts, &subject)?;
    let subject: Vec<&str> = subject.split_whitespace().collect();
    // What only leads to the application is its button.
    let leads_there = |paragraph: &&str| {
        let words = paragraph.strip_suffix(facts.url).map(str::trim_end);
        words.is_some_and(|words| words.is_empty() || words.ends_with(':'))
    };
    let mut paragraphs: Vec<String> = text
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty() && !leads_there(paragraph))
        .map(str::to_owned)
        .collect();
    if let Some(until) = &facts.until {
        paragraphs.push(format!("We keep it for you until {until}."));
    }
    Ok(Written {
        subject: subject.join(" "),
        paragraphs,
    })
}

/// The letter as mail, with a button to the application.
pub fn mail(envelope: Envelope, written: &Written, url: &str) -> Mail {
    let paragraphs = written.paragraphs.iter().cloned();
    let mut blocks: Vec<Block> = paragraphs.map(Block::Paragraph).collect();
    blocks.push(Block::Button {
        label: "Your application",
        url: url.to_owned(),
    });
    envelope.letter(&written.subject, &blocks)
}

/// What is wrong with the letters of a cohort's results, by their names: each has to be right before any is sent.
pub fn problems(file: &ProgramFile, cohort: &Cohort) -> Problems {
    let mut problems = Problems::default();
    for decision in DECISIONS {
        for role in CohortRole::ALL {
            let facts = Facts {
                name: "Ada",
                role: *role,
                url: "https://example.org",
                until: None,
            };
            if let Err(variable) = written(file, cohort, decision, &facts) {
                let name = name_of(decision);
                if problems.of(name).is_none() {
                    problems.add(
                        name,
                        format!("names {{{variable}}}, and the program does not say what that is"),
                    );
                }
            }
        }
    }
    // What is written differently is a mistake that readers see.
    for letter in &file.letters {
        if texts::variables(&letter.text).contains(&"") {
            problems.add(letter.name.clone(), "has empty brackets");
        }
    }
    problems
}
