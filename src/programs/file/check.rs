//! The linter: what is wrong with the content of a program file.

use std::collections::BTreeSet;

use chrono::{Datelike, Months, NaiveDate};

use super::{
    Cohort, CohortStatus, Contact, FieldKind, MOST_FILES, Mode, Part, ProgramFile, Severity, dates,
    lint::{Finding, Findings},
    read::{Reading, read},
    settings::{Value, spec_of},
    texts,
};
use crate::input;

/// What a letter can name.
pub const VARIABLES: [&str; 9] = [
    "name",
    "program",
    "cohort",
    "role",
    "starts_on",
    "ends_on",
    "results_on",
    "link",
    "contact",
];

/// Everything that is wrong with a program file, or that a coordinator should know, in the order of the file.
/// `today`: that of the program's zone; past dates are noted where it is given.
///
/// ```
/// use almanac::programs::file::check::check;
/// let found = check("[program]\nslug = \"a b\"\n", None);
/// assert!(found.iter().any(|f| f.code == "bad_value" && f.place == "program.slug" && f.line == 2));
/// ```
pub fn check(text: &str, today: Option<NaiveDate>) -> Vec<Finding> {
    match read(text) {
        Ok(reading) => check_read(text, reading, today).1,
        Err(findings) => findings,
    }
}

/// As `check`, of a text that has been read.
pub fn check_read(
    text: &str,
    reading: Reading,
    today: Option<NaiveDate>,
) -> (ProgramFile, Vec<Finding>) {
    let Reading { file, mut findings } = reading;
    contacts(&file.contacts, &mut findings);
    if let Some(cohort) = &file.cohort {
        dates_of(&file, cohort, today, &mut findings);
        units(&file, cohort, &mut findings);
    }
    settings(&file, &mut findings);
    terms(&file, &mut findings);
    people(&file, &mut findings);
    forms(&file, &mut findings);
    milestones(&file, &mut findings);
    contents(&file, &mut findings);
    letters(&file, &mut findings);
    (file, findings.finish(text))
}

fn contacts(contacts: &[Contact], findings: &mut Findings) {
    let place = "program.contacts";
    if contacts.is_empty() {
        let problem = "There is no contact yet. Give at least one email address of the coordinators, such as { channel = \"email\", address = \"team@example.org\" }.";
        findings.blocks("open", place, problem);
    }
    let mut works = 0;
    for (number, contact) in contacts.iter().enumerate() {
        let place = format!("{place}[{number}].address");
        let address = contact.address.as_str();
        if let Some(placeholder) = texts::placeholder(address) {
            let problem = format!("“{}” is still to be filled in.", placeholder.shown);
            findings.blocks(placeholder.code, &place, problem);
            continue;
        }
        match contact.channel.as_str() {
            "email" => match input::email(address) {
                None => {
                    let problem = "This is not an email address, so nobody could write to it.";
                    findings.blocks("contact_broken", &place, problem);
                }
                Some(email) if is_nowhere(&email) => {
                    let problem = "Mail to this domain never arrives. Give an address that works.";
                    findings.blocks("contact_broken", &place, problem);
                }
                Some(_) => works += 1,
            },
            "slack" | "link" => {
                if input::is_web_address(address) {
                    works += 1;
                } else {
                    let problem = "This must be a web address such as https://example.org/team.";
                    findings.blocks("contact_broken", &place, problem);
                }
            }
            _ => {
                let place = format!("program.contacts[{number}].channel");
                let problem = "This must be one of email, slack, link.";
                findings.blocks("bad_value", &place, problem);
            }
        }
    }
    if works > 0 && !contacts.iter().any(|c| c.channel == "email") {
        let problem =
            "No contact is an email address. People without the other channel cannot reach you.";
        findings.warns("contact_email", place, problem);
    }
}

/// Domains that are reserved for nothing (RFC 2606, RFC 6761).
fn is_nowhere(email: &str) -> bool {
    let domain = email.rsplit('@').next().unwrap_or_default();
    let is_below = |top: &&str| {
        let rest = domain.strip_suffix(*top);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let nowhere = [
        "invalid",
        "test",
        "localhost",
        "local",
        "example",
        "example.com",
        "example.net",
    ];
    nowhere.iter().any(is_below)
}

/// The dates of a cohort, against each other and against the words of the program.
fn dates_of(
    file: &ProgramFile,
    cohort: &Cohort,
    today: Option<NaiveDate>,
    findings: &mut Findings,
) {
    let (open, close) = (cohort.applications_open, cohort.applications_close);
    let (results, starts, ends) = (cohort.results_on, cohort.starts_on, cohort.ends_on);
    let mut order = |is_wrong: bool, key: &str, problem: &str| {
        if is_wrong {
            findings.blocks("dates_order", &format!("cohort.{key}"), problem);
        }
    };
    order(
        open.zip(close)
            .is_some_and(|(open, close)| !open.is_before(&close)),
        "applications_close",
        "Applications must close after they open: on a later date, or at a later time of the same day.",
    );
    let known = [open, close].into_iter().flatten();
    order(
        known
            .zip(results.iter().cycle())
            .any(|(known, results)| results.is_before(&known)),
        "results_on",
        "The results cannot come out before applications have closed.",
    );
    let known = [open, close, results].into_iter().flatten();
    order(
        starts.is_some_and(|starts| known.into_iter().any(|known| known.day > starts)),
        "starts_on",
        "The cohort cannot start before applications have closed and the results are out.",
    );
    order(
        starts
            .zip(ends)
            .is_some_and(|(starts, ends)| starts >= ends),
        "ends_on",
        "The cohort must end after it starts.",
    );
    let days = [
        ("applications_open", open.map(|m| m.day)),
        ("applications_close", close.map(|m| m.day)),
        ("results_on", results.map(|m| m.day)),
        ("starts_on", starts),
        ("ends_on", ends),
    ];
    if let Some(starts) = starts {
        for (key, date) in days {
            // A cohort may run longer than a year, but hardly longer than three.
            let months = Months::new(if key == "ends_on" { 36 } else { 12 });
            let is_near = |date: NaiveDate| date <= starts + months && starts <= date + months;
            if date.is_some_and(|date| !is_near(date)) {
                let years = if key == "ends_on" {
                    "three years"
                } else {
                    "twelve months"
                };
                let problem = format!(
                    "This is more than {years} from the start on {starts}. Is the year right?"
                );
                findings.blocks("year", &format!("cohort.{key}"), problem);
            }
        }
    }
    if let Some(today) = today {
        for (key, date) in days {
            let is_over = date.is_some_and(|date| date < today);
            if is_over && !matches!(key, "applications_open" | "results_on") {
                findings.warns("past", &format!("cohort.{key}"), "This date has passed.");
            }
        }
    }
    if cohort.status == CohortStatus::Planned {
        let problem = "This cohort is planned: nothing is counted down and nobody is written to until it is confirmed.";
        findings.warns("planned", "cohort.status", problem);
    }
    words_against(file, cohort, findings);
}

/// What the texts say about dates, against the dates.
fn words_against(file: &ProgramFile, cohort: &Cohort, findings: &mut Findings) {
    let term = cohort.starts_on.zip(cohort.ends_on);
    let half_months = term
        .filter(|(a, b)| a < b)
        .map(|(a, b)| dates::half_months(a, b));
    let moments = [
        cohort.applications_open,
        cohort.applications_close,
        cohort.results_on,
    ];
    let days = moments.into_iter().flatten().map(|moment| moment.day);
    let days = days.chain(cohort.starts_on).chain(cohort.ends_on);
    let years: BTreeSet<i32> = days.map(|day| day.year()).collect();
    for (place, text) in all_texts(file) {
        if let (Some(stated), Some(half_months)) = (dates::stated_months(text), half_months)
            && (stated * 2 - half_months).abs() >= 2
        {
            let problem = format!(
                "The text says {}, but from the first day to the last it is {}.",
                dates::in_words(stated * 2),
                dates::in_words(half_months)
            );
            findings.warns("words_and_dates", &place, problem);
        }
        let is_of_dates = ["appl", "open", "clos", "deadline", "start", "result"]
            .iter()
            .any(|word| text.to_lowercase().contains(word));
        let other = texts::years(text)
            .into_iter()
            .find(|year| !years.contains(year));
        if let Some(year) = other.filter(|_| is_of_dates && !years.is_empty()) {
            let problem = format!("The text speaks of {year}, in which no date of the cohort is.");
            findings.warns("words_and_dates", &place, problem);
        }
        let is_tentative = ["tentative", "to be confirmed", "subject to confirmation"]
            .iter()
            .any(|word| text.to_lowercase().contains(word));
        if is_tentative && cohort.status == CohortStatus::Confirmed {
            let problem = "The text calls something tentative, and the cohort is confirmed.";
            findings.warns("tentative", &place, problem);
        }
    }
}

/// Pairs against persons.
fn units(file: &ProgramFile, cohort: &Cohort, findings: &mut Findings) {
    if file.mode == Mode::Cohort && cohort.pairs.is_none() && cohort.seats.is_none() {
        let problem = "Neither pairs nor seats are set, so nothing limits how many are selected.";
        findings.warns("no_limit", "cohort", problem);
    }
    let is_one_to_one = ["mentors_per_mentee", "mentees_per_mentor"]
        .iter()
        .all(
            |name| match file.settings.get(name).and_then(|s| s.value.as_ref()) {
                Some(Value::Number(number)) => *number == 1,
                Some(Value::Range(_, max)) => *max == Some(1),
                _ => false,
            },
        );
    let (Some(pairs), Some(seats)) = (cohort.pairs, cohort.seats) else {
        return;
    };
    if is_one_to_one && seats != pairs * 2 {
        let problem = format!(
            "{pairs} pairs are {} persons, not {seats}: seats are counted in persons.",
            pairs * 2
        );
        findings.blocks("seats_and_pairs", "cohort.seats", problem);
    } else if seats < pairs {
        let problem = "There are fewer seats, in persons, than pairs.";
        findings.blocks("seats_and_pairs", "cohort.seats", problem);
    }
}

fn settings(file: &ProgramFile, findings: &mut Findings) {
    for (name, setting) in &file.settings {
        let is_silent = setting.source.is_empty() && setting.value.is_some();
        if is_silent && setting.severity != Severity::Off {
            let title = spec_of(name).map_or(*name, |spec| spec.title);
            let problem = format!("The document does not say: “{title}” is our default. Check it.");
            findings.warns("default", &format!("settings.{name}"), problem);
        }
    }
    let is_advisory = file.word("tone") == Some("advisory");
    let hard = file.settings.iter().find(|(name, setting)| {
        **name != "tone" && setting.severity == Severity::Hard && **name == "cadence"
    });
    if let Some((name, _)) = hard.filter(|_| is_advisory) {
        let problem = "The program is advisory, so this cannot be hard. Nothing will block.";
        findings.warns("advisory", &format!("settings.{name}.severity"), problem);
    }
}

/// Terms that are counted from a date of the mentee, or from the match.
fn terms(file: &ProgramFile, findings: &mut Findings) {
    let start = file.word("start");
    let place = "settings.start";
    if start == Some("date") && file.mode != Mode::Cohort {
        let problem = "Only a cohort starts on one date. Choose how each pair's term starts.";
        findings.blocks("start", place, problem);
    }
    if start == Some("per_booking") && file.mode != Mode::Slots {
        let problem = "Only where sessions are booked one by one does a term start with a booking.";
        findings.blocks("start", place, problem);
    }
    if let Some(Value::Offset(term)) = file.value("term")
        && !term.is_forward()
    {
        let problem = "A term must go on for a day at least.";
        findings.blocks("bad_value", "settings.term.value", problem);
    }
    if start != Some("anchor") {
        return;
    }
    let Some(Value::Text(name)) = file.value("anchor_field") else {
        let problem =
            "The term is counted from a date, and settings.anchor_field does not say from which.";
        findings.blocks("anchor_field", place, problem);
        return;
    };
    let place = "settings.anchor_field";
    let field = file
        .fields
        .iter()
        .find(|f| f.name == *name && f.role != Part::Mentor);
    match field {
        None => {
            let problem = format!(
                "No field of the mentee's form is called “{name}”, so the term has no start."
            );
            findings.blocks("anchor_field", place, problem);
        }
        Some(field) if field.kind != FieldKind::Date || !field.required => {
            let problem = format!("“{name}” must be a required date, or some terms have no start.");
            findings.blocks("anchor_field", place, problem);
        }
        Some(_) => (),
    }
    for name in ["anchor_offset", "term"] {
        if !file.settings.contains_key(name) {
            let problem =
                format!("settings.{name} is missing: the term has no length or no start.");
            findings.blocks("missing_key", "settings", problem);
        }
    }
}

/// Who may apply.
fn people(file: &ProgramFile, findings: &mut Findings) {
    for role in [Part::Mentee, Part::Mentor] {
        let has_rule = file
            .eligibility
            .iter()
            .any(|e| e.role == role || e.role == Part::Both);
        if !has_rule {
            let problem = format!("It is not said who may be a {}.", role.as_str());
            findings.blocks("eligibility", "eligibility", problem);
        }
    }
    for (number, eligibility) in file.eligibility.iter().enumerate() {
        if eligibility.source.is_empty() {
            let place = format!("eligibility[{number}]");
            let problem =
                "The document does not say who may apply here: this is our default. Check it.";
            findings.warns("default", &place, problem);
        }
    }
}

/// The fields of the form, and what matching makes of them.
fn forms(file: &ProgramFile, findings: &mut Findings) {
    for (number, field) in file.fields.iter().enumerate() {
        let is_file = |field: &&super::Field| field.kind == FieldKind::File;
        if is_file(&field) && file.fields[..number].iter().filter(is_file).count() >= MOST_FILES {
            let place = format!("field[{number}].kind");
            let problem = format!("A form takes at most {MOST_FILES} files.");
            findings.blocks("too_many_files", &place, problem);
        }
        if field.readers.is_empty() {
            let place = format!("field[{number}].readers");
            let problem = format!("Nobody may read the answer to “{}”.", field.label);
            match field.required {
                true => findings.blocks(
                    "nobody_reads",
                    &place,
                    format!("{problem} Yet it is required."),
                ),
                false => findings.warns("nobody_reads", &place, problem),
            }
        }
    }
    let has = |name: &str, role: Part| {
        file.fields
            .iter()
            .any(|f| f.name == name && (f.role == role || f.role == Part::Both))
    };
    for (number, criterion) in file.criteria.iter().enumerate() {
        for (role, name, key) in [
            (Part::Mentee, &criterion.mentee_field, "mentee_field"),
            (Part::Mentor, &criterion.mentor_field, "mentor_field"),
        ] {
            let place = format!("criterion[{number}].{key}");
            if name.is_empty() {
                let problem = format!(
                    "“{}” does not say which field of the {} it compares.",
                    criterion.name,
                    role.as_str()
                );
                findings.blocks("criterion_field", &place, problem);
            } else if !has(name, role) {
                let problem = format!(
                    "The form of the {} has no field “{name}” for “{}”.",
                    role.as_str(),
                    criterion.name
                );
                findings.blocks("criterion_field", &place, problem);
            }
        }
        if criterion.weight == 0 && !criterion.must {
            let place = format!("criterion[{number}].weight");
            let problem = format!(
                "“{}” counts for nothing: it has no weight and is no must.",
                criterion.name
            );
            findings.warns("no_weight", &place, problem);
        }
    }
    let needs_criteria = file.word("matching") == Some("bulk");
    if needs_criteria && file.criteria.is_empty() {
        let problem = "Pairs are matched by scores, and there is no criterion to score by.";
        findings.blocks("no_criteria", "criterion", problem);
    }
}

fn milestones(file: &ProgramFile, findings: &mut Findings) {
    let term = file
        .cohort
        .as_ref()
        .and_then(|c| c.starts_on.zip(c.ends_on));
    for (number, milestone) in file.milestones.iter().enumerate() {
        let place = format!("milestone[{number}].after");
        let due = term.and_then(|(starts, _)| milestone.after?.after(starts));
        if let (Some(due), Some((starts, ends))) = (due, term) {
            if due > ends {
                let problem = format!(
                    "“{}” would be due on {due}, after the end on {ends}.",
                    milestone.name
                );
                findings.warns("after_the_end", &place, problem);
            }
            if due < starts {
                let problem = format!(
                    "“{}” would be due on {due}, before the start on {starts}.",
                    milestone.name
                );
                findings.warns("before_the_start", &place, problem);
            }
        }
    }
}

/// The texts that people read.
fn contents(file: &ProgramFile, findings: &mut Findings) {
    for (number, block) in file.blocks.iter().enumerate() {
        if block.required && block.text.is_empty() {
            let place = format!("block[{number}].text");
            let problem = format!(
                "“{}” is empty, and people need it. Write it before the program is published.",
                block.title
            );
            findings.blocks("open", &place, problem);
        }
        let titles = file.blocks[..number].iter();
        let is_twice = titles
            .filter(|b| b.role == block.role)
            .any(|b| b.title == block.title);
        let heading = texts::heading_twice(&block.text);
        if is_twice || heading.is_some() {
            let place = format!("block[{number}]");
            let problem = format!(
                "The heading “{}” stands here twice.",
                heading.unwrap_or(&block.title)
            );
            findings.warns("heading_twice", &place, problem);
        }
    }
    for (place, text) in all_texts(file) {
        if let Some(placeholder) = texts::placeholder(text) {
            let problem = format!("“{}” is still to be filled in.", placeholder.shown);
            findings.blocks(placeholder.code, &place, problem);
        }
    }
}

fn letters(file: &ProgramFile, findings: &mut Findings) {
    for (number, letter) in file.letters.iter().enumerate() {
        for (key, text) in [("subject", &letter.subject), ("text", &letter.text)] {
            let unknown = texts::variables(text)
                .into_iter()
                .find(|name| !VARIABLES.contains(name));
            if let Some(name) = unknown {
                let place = format!("letter[{number}].{key}");
                let problem = format!(
                    "A letter has no variable {{{}}}. There are {}.",
                    input::line(name),
                    VARIABLES.join(", ")
                );
                findings.blocks("letter_variable", &place, problem);
            }
        }
    }
}

/// Every text that somebody reads, and where it stands.
fn all_texts(file: &ProgramFile) -> Vec<(String, &str)> {
    let mut all = vec![
        ("program.name".to_owned(), file.name.as_str()),
        ("program.summary".to_owned(), file.summary.as_str()),
    ];
    if let Some(cohort) = &file.cohort {
        all.push(("cohort.name".into(), &cohort.name));
    }
    for (n, e) in file.eligibility.iter().enumerate() {
        all.push((format!("eligibility[{n}].words"), &e.words));
    }
    for (n, f) in file.fields.iter().enumerate() {
        all.push((format!("field[{n}].label"), &f.label));
        all.push((format!("field[{n}].help"), &f.help));
    }
    for (n, m) in file.milestones.iter().enumerate() {
        all.push((format!("milestone[{n}].words"), &m.words));
    }
    for (n, a) in file.acknowledgements.iter().enumerate() {
        all.push((format!("acknowledgement[{n}].words"), &a.words));
    }
    for (n, r) in file.rubric.iter().enumerate() {
        all.push((format!("rubric[{n}].words"), &r.words));
    }
    for (n, b) in file.blocks.iter().enumerate() {
        all.push((format!("block[{n}].title"), &b.title));
        all.push((format!("block[{n}].text"), &b.text));
    }
    for (n, l) in file.letters.iter().enumerate() {
        all.push((format!("letter[{n}].subject"), &l.subject));
        all.push((format!("letter[{n}].text"), &l.text));
    }
    all.retain(|(_, text)| !text.is_empty());
    all
}

impl ProgramFile {
    /// Whether one person may be mentor and mentee.
    pub fn allows_both_roles(&self) -> bool {
        self.value("both_roles") == Some(&Value::YesNo(true))
    }

    /// Whether nobody decides who is in: applying is enough for whoever may.
    pub fn takes_everybody(&self) -> bool {
        matches!(self.word("selection"), Some("none" | "registration"))
    }

    /// Whether reviewers see no names until the results are out.
    pub fn hides_names(&self) -> bool {
        self.value("review_without_names") == Some(&Value::YesNo(true))
    }

    /// What a setting is set to.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.settings.get(name)?.value.as_ref()
    }

    /// What a setting is set to that is one word.
    pub fn word(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }
}
