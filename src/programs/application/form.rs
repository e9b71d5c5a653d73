//! The form of an application: which questions it has, what may be answered, what is missing.

use chrono::NaiveDate;

use super::{Agreed, Answers, CohortRole, attachment};
use crate::{
    input::{self, Problems},
    keys,
    programs::file::{Acknowledgement, Field, FieldKind, ProgramFile},
};

/// The longest answer, in characters, by how much is asked for.
const LONG: usize = 5000;
const SHORT: usize = 300;
/// The most skills that somebody names.
const MOST_SKILLS: usize = 20;

/// The name of a question's control.
pub fn control(field: &Field) -> String {
    format!("f-{}", field.name)
}

/// The name of the field that names the file that is there.
pub fn kept(field: &Field) -> String {
    format!("kept-{}", field.name)
}

/// The name of the box by which a file is removed.
pub fn removal(field: &Field) -> String {
    format!("remove-{}", field.name)
}

/// The name of an acknowledgement's box.
pub fn agreement(acknowledgement: &Acknowledgement) -> String {
    format!("agree-{}", acknowledgement.name)
}

/// The questions for a role, in order.
pub fn questions(file: &ProgramFile, role: CohortRole) -> impl Iterator<Item = &Field> {
    file.fields
        .iter()
        .filter(move |field| role.is_of(field.role))
}

/// What has to be agreed to in a role, in order.
pub fn acknowledgements(
    file: &ProgramFile,
    role: CohortRole,
) -> impl Iterator<Item = &Acknowledgement> {
    let all = file.acknowledgements.iter();
    all.filter(move |acknowledgement| role.is_of(acknowledgement.role))
}

/// Whether a question asks for skills as the catalogue has them.
pub fn is_of_catalogue(field: &Field) -> bool {
    let asks_for_skills = matches!(
        field.kind,
        FieldKind::SkillsWanted | FieldKind::SkillsOffered
    );
    asks_for_skills && field.options.is_empty()
}

/// The skills of an answer, which are typed with commas between them.
pub fn skills(typed: &str) -> Vec<String> {
    let words = typed.split([',', ';', '\n']).map(input::line);
    once(words.filter(|word| !word.is_empty()))
}

/// The words in their order, each once, however it is written.
pub fn once(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in words {
        let is_there = all
            .iter()
            .any(|known| known.to_lowercase() == word.to_lowercase());
        if !is_there {
            all.push(word);
        }
    }
    all
}

/// Answers to the questions for a role, cleaned: none that is empty, no text that is longer than a form could be.
/// `given`: what was typed or chosen for a question, in order.
pub fn answers(
    file: &ProgramFile,
    role: CohortRole,
    given: impl Fn(&Field) -> Vec<String>,
) -> Answers {
    let mut answers = Answers::default();
    for field in questions(file, role) {
        let given = given(field);
        let cleaned: Vec<String> = match field.kind {
            FieldKind::LongText => given.iter().map(|text| input::paragraphs(text)).collect(),
            FieldKind::SkillsWanted | FieldKind::SkillsOffered if field.options.is_empty() => {
                once(given.iter().flat_map(|text| skills(text)))
            }
            _ => given.iter().map(|text| input::line(text)).collect(),
        };
        let kept: Vec<String> = cleaned
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        if !kept.is_empty() {
            answers.0.insert(field.name.clone(), kept);
        }
    }
    answers
}

/// What is wrong with answers that are to be sent, by the names of controls.
pub fn problems(file: &ProgramFile, role: CohortRole, answers: &Answers) -> Problems {
    let mut problems = Problems::default();
    for field in questions(file, role) {
        let given = answers.of(&field.name);
        if let Some(problem) = problem(field, given) {
            // A group of boxes has no label that a summary could take its name from.
            let problem = match has_boxes(field) {
                true => format!("“{}” {problem}", field.label),
                false => problem,
            };
            problems.add(control(field), problem);
        }
    }
    problems
}

/// Whether a question is answered by boxes and buttons, not in one field.
fn has_boxes(field: &Field) -> bool {
    match field.kind {
        FieldKind::OneOf
        | FieldKind::SeveralOf
        | FieldKind::YesNo
        | FieldKind::Ranking
        | FieldKind::WeeklyTimes => true,
        FieldKind::SkillsWanted | FieldKind::SkillsOffered => !field.options.is_empty(),
        _ => false,
    }
}

/// What is wrong with the answer to a question.
fn problem(field: &Field, given: &[String]) -> Option<String> {
    let Some(first) = given.first() else {
        return field.required.then(|| "is required".to_owned());
    };
    let is_option = |text: &String| field.options.contains(text);
    let takes_one = matches!(
        field.kind,
        FieldKind::LongText | FieldKind::ShortText | FieldKind::PersonToExclude
    );
    if takes_one && given.len() > 1 {
        return Some("must be one text".to_owned());
    }
    match field.kind {
        FieldKind::LongText => too_long(given, LONG),
        FieldKind::ShortText | FieldKind::PersonToExclude => too_long(given, SHORT),
        FieldKind::OneOf => {
            (given.len() > 1 || !is_option(first)).then(|| "must be one of the choices".to_owned())
        }
        FieldKind::SeveralOf => (!given.iter().all(is_option) || has_twice(given))
            .then(|| "must be some of the choices".to_owned()),
        FieldKind::Ranking => {
            if !given.iter().all(is_option) {
                Some("must be some of the choices, the best one first".to_owned())
            } else {
                has_twice(given).then(|| "must name each choice once".to_owned())
            }
        }
        FieldKind::SkillsWanted | FieldKind::SkillsOffered => {
            if !field.options.is_empty() && !given.iter().all(is_option) {
                Some("must be some of the choices".to_owned())
            } else if given.len() > MOST_SKILLS {
                Some(format!("must be at most {MOST_SKILLS} skills"))
            } else {
                too_long(given, 60)
            }
        }
        FieldKind::Number => {
            let number: Option<f64> = first.replace(',', ".").parse().ok();
            let is_number = number.is_some_and(|n| n.is_finite() && n.abs() < 1e9);
            (given.len() > 1 || !is_number).then(|| "must be a number".to_owned())
        }
        FieldKind::Date => (given.len() > 1 || date(first).is_none())
            .then(|| "must be a date such as 2027-05-31".to_owned()),
        FieldKind::YesNo => (given.len() > 1 || !["yes", "no"].contains(&first.as_str()))
            .then(|| "must be yes or no".to_owned()),
        FieldKind::File if attachment::named(given).is_some() => None,
        FieldKind::Link | FieldKind::File => {
            (given.len() > 1 || !input::is_web_address(first) || first.chars().count() > 500)
                .then(|| "must be a web address such as https://example.org/me".to_owned())
        }
        FieldKind::WeeklyTimes => (!given.iter().all(|text| is_hour(text)) || has_twice(given))
            .then(|| "must be hours of the week such as mon-09".to_owned()),
    }
}

fn too_long(given: &[String], longest: usize) -> Option<String> {
    let length = given.iter().map(|text| text.chars().count()).max()?;
    (length > longest).then(|| format!("is {length} characters long; it must be at most {longest}"))
}

fn has_twice(given: &[String]) -> bool {
    let mut sorted: Vec<&String> = given.iter().collect();
    sorted.sort();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

/// A date as it is typed, of a year that somebody can mean.
pub fn date(text: &str) -> Option<NaiveDate> {
    let date: NaiveDate = text.parse().ok()?;
    let years = NaiveDate::from_ymd_opt(1900, 1, 1)?..NaiveDate::from_ymd_opt(2200, 1, 1)?;
    years.contains(&date).then_some(date)
}

/// The days of a week in which times are asked for.
pub const DAYS: [(&str, &str); 7] = [
    ("mon", "Mon"),
    ("tue", "Tue"),
    ("wed", "Wed"),
    ("thu", "Thu"),
    ("fri", "Fri"),
    ("sat", "Sat"),
    ("sun", "Sun"),
];
/// The hours of a day in which times are asked for, by when they begin.
pub const HOURS: std::ops::Range<u16> = 7..22;

fn is_hour(text: &str) -> bool {
    text.split_once('-').is_some_and(|(day, hour)| {
        DAYS.iter().any(|(name, _)| *name == day)
            && hour.len() == 2
            && hour.parse().is_ok_and(|hour: u16| HOURS.contains(&hour))
    })
}

/// What is to be agreed to has not been.
pub fn not_agreed(file: &ProgramFile, role: CohortRole, agreed: &[String]) -> Problems {
    let mut problems = Problems::default();
    for acknowledgement in acknowledgements(file, role) {
        if !agreed.contains(&acknowledgement.name) {
            let problem = "You can only apply if you agree to this";
            problems.add(self::agreement(acknowledgement), problem);
        }
    }
    problems
}

/// What is agreed to, with what stands there now.
pub fn agreed(file: &ProgramFile, role: CohortRole, names: &[String]) -> Agreed {
    let agreed = acknowledgements(file, role)
        .filter(|acknowledgement| names.contains(&acknowledgement.name))
        .map(|acknowledgement| (acknowledgement.name.clone(), print(&acknowledgement.words)));
    Agreed(agreed.collect())
}

/// What is to be agreed to anew: it is new, or other words stand there now.
pub fn to_agree<'a>(
    file: &'a ProgramFile,
    role: CohortRole,
    agreed: &Agreed,
) -> Vec<&'a Acknowledgement> {
    acknowledgements(file, role)
        .filter(|acknowledgement| {
            agreed.0.get(&acknowledgement.name) != Some(&print(&acknowledgement.words))
        })
        .collect()
}

fn print(words: &str) -> String {
    let digits = keys::sha256(words.as_bytes());
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How far a form has been filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub answered: usize,
    /// How many questions have to be answered.
    pub required: usize,
}

/// How many of the questions that have to be answered are.
pub fn progress(file: &ProgramFile, role: CohortRole, answers: &Answers) -> Progress {
    let required = questions(file, role).filter(|field| field.required);
    let (answered, open): (Vec<&Field>, Vec<&Field>) =
        required.partition(|field| !answers.of(&field.name).is_empty());
    Progress {
        answered: answered.len(),
        required: answered.len() + open.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::file::{Part, Reader};

    fn field(kind: FieldKind, options: &[&str]) -> Field {
        Field {
            name: "it".into(),
            label: "It".into(),
            role: Part::Both,
            kind,
            required: true,
            readers: vec![Reader::Coordinators],
            help: String::new(),
            options: options.iter().map(|o| (*o).to_owned()).collect(),
        }
    }

    #[test]
    fn each_kind_of_question_takes_what_it_asks_for() {
        use FieldKind::*;
        type Given = &'static [&'static str];
        let cases: [(FieldKind, Given, Given, &[Given]); 11] = [
            (ShortText, &[], &["Ada"], &[]),
            (OneOf, &["a", "b"], &["b"], &[&["c"], &["a", "b"]]),
            (SeveralOf, &["a", "b"], &["b", "a"], &[&["c"], &["a", "a"]]),
            (Ranking, &["a", "b"], &["b", "a"], &[&["c"], &["a", "a"]]),
            (SkillsWanted, &[], &["Rust", "Law"], &[]),
            (
                Number,
                &[],
                &["-1.5"],
                &[&["one"], &["1", "2"], &["inf"], &["1e300"]],
            ),
            (
                Date,
                &[],
                &["2027-05-31"],
                &[&["31.5.2027"], &["2027-02-30"], &["0001-01-01"]],
            ),
            (YesNo, &[], &["no"], &[&["maybe"]]),
            (
                Link,
                &[],
                &["https://example.org/a"],
                &[&["javascript:alert(1)"], &["example"]],
            ),
            (
                WeeklyTimes,
                &[],
                &["mon-09", "sun-21"],
                &[&["mon-22"], &["day-09"], &["mon-9"], &["mon-09", "mon-09"]],
            ),
            (PersonToExclude, &[], &["Bo, my supervisor"], &[]),
        ];
        for (kind, options, right, wrong) in cases {
            let field = field(kind, options);
            let of = |given: &[&str]| {
                let given: Vec<String> = given.iter().map(|g| (*g).to_owned()).collect();
                problem(&field, &given)
            };
            assert_eq!(of(right), None, "{kind:?}");
            assert_eq!(of(&[]).as_deref(), Some("is required"), "{kind:?}");
            for given in wrong {
                assert!(of(given).is_some(), "{kind:?} takes {given:?}");
            }
        }
        let long = "x".repeat(SHORT + 1);
        assert!(problem(&field(ShortText, &[]), &[long]).is_some());
    }

    #[test]
    fn skills_stand_once_each() {
        assert_eq!(
            skills("Rust, law;  RUST ,, Law\ncoding"),
            ["Rust", "law", "coding"]
        );
    }
}
