//! Questions about a program, answered from its settings, so that no answer can contradict them.

use super::file::{Mode, Part, ProgramFile, Severity, dates, settings::Value};
use crate::html::time;

/// A question, and its answer in sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub question: &'static str,
    pub answer: String,
}

/// What people ask of a program, as far as its settings answer it.
pub fn faq(file: &ProgramFile) -> Vec<Answered> {
    let answers = [
        ("How long does the program run?", runs(file)),
        ("How many cohorts are there a year?", cohorts(file)),
        ("Who decides who takes part?", selection(file)),
        (
            "How do mentors and mentees find each other?",
            matching(file),
        ),
        ("How often do we meet?", cadence(file)),
        ("How do we meet?", modality(file)),
        ("Who schedules the sessions?", scheduler(file)),
        ("Who sets the agenda?", agenda(file)),
        ("What if it does not work out?", rematch(file)),
        ("Do we have to keep a record?", log(file)),
        ("Who sees what I write?", privacy(file)),
        ("What happens at the end?", end(file)),
        ("Does it cost anything?", cost(file)),
    ];
    answers
        .into_iter()
        .filter_map(|(question, answer)| answer.map(|answer| Answered { question, answer }))
        .collect()
}

/// What a setting is set to that is not off.
fn value<'a>(file: &'a ProgramFile, name: &str) -> Option<&'a Value> {
    let setting = file.settings.get(name)?;
    file.value(name)
        .filter(|_| setting.severity != Severity::Off)
}

fn word<'a>(file: &'a ProgramFile, name: &str) -> Option<&'a str> {
    value(file, name)?;
    file.word(name)
}

fn runs(file: &ProgramFile) -> Option<String> {
    let cohort = file.cohort.as_ref();
    if let Some((starts, ends)) = cohort.and_then(|c| c.starts_on.zip(c.ends_on)) {
        let term = dates::in_words(dates::half_months(starts, ends));
        let (starts, ends) = (time::long_date(starts), time::long_date(ends));
        return Some(format!("From {starts} to {ends}: {term}."));
    }
    let from = match word(file, "start")? {
        "per_booking" => {
            return Some("A session is all there is: you book one when you need it.".into());
        }
        "anchor" => "Each pair has a term of its own, counted from a date that the mentee gives.",
        "on_accept" => "Each pair begins when the mentor accepts.",
        _ => "Each pair begins when the two are matched.",
    };
    Some(from.into())
}

fn cohorts(file: &ProgramFile) -> Option<String> {
    let Value::Number(number) = value(file, "cohorts_per_year")? else {
        return None;
    };
    let planned = match number {
        0 => return None,
        1 => "One".to_owned(),
        2 => "Two".to_owned(),
        many => many.to_string(),
    };
    let is_tentative = file.settings.get("cohorts_per_year")?.severity == Severity::Soft;
    Some(match is_tentative {
        true => format!("{planned}, as things stand; that can change."),
        false => format!("{planned}."),
    })
}

fn selection(file: &ProgramFile) -> Option<String> {
    Some(
        match word(file, "selection")? {
            "coordinator" => "The coordinators read every application and decide. Not everybody who applies can take part.",
            "registration" => "You register, and you are in.",
            _ => "Nobody: whoever may take part can.",
        }
        .into(),
    )
}

fn matching(file: &ProgramFile) -> Option<String> {
    let names: Vec<String> = file
        .criteria
        .iter()
        .map(|c| format!("“{}”", c.name))
        .collect();
    let by = match names.as_slice() {
        [] => String::new(),
        names => format!(" They go by what you write about {}.", list(names, "and")),
    };
    Some(match word(file, "matching")? {
        "bulk" => format!("The coordinators match everybody at once.{by}"),
        "coordinator" => format!("A coordinator matches you.{by}"),
        "invitation" => "The mentee invites a mentor, and the mentor accepts or declines.".into(),
        _ => "The student books a time that an alumnus offers.".into(),
    })
}

fn cadence(file: &ProgramFile) -> Option<String> {
    let mut sentences: Vec<String> = Vec::new();
    if let Some(Value::Range(min, max)) = value(file, "session_count") {
        match (file.mode, range(*min, *max, "time")) {
            (Mode::Slots, _) if *max == Some(1) => sentences.push("Once for each booking.".into()),
            (_, Some(times)) => sentences.push(format!("{} in all.", capital(&times))),
            _ => (),
        }
    }
    if let Some(Value::Words(words)) = value(file, "cadence") {
        for word in words {
            sentences.push(
                match word.as_str() {
                    "agreed_in_first_month" => {
                        "You agree on it with your mentor or mentee within the first month."
                    }
                    "contact_monthly_by_mentee" => "Mentees get in touch at least once a month.",
                    "meeting_monthly_by_mentor" => {
                        "Mentors meet their mentees at least once a month."
                    }
                    "meeting_or_email_monthly" => {
                        "At least once a month; checking in by email counts."
                    }
                    _ => continue,
                }
                .into(),
            );
        }
    }
    for (name, unit) in [("advised_hours", "hour"), ("advised_sessions", "session")] {
        if let Some(Value::Range(min, max)) = value(file, name)
            && let Some(advice) = range(*min, *max, unit)
        {
            sentences.push(format!("We recommend {advice} a month."));
        }
    }
    if let Some(Value::Range(min, max)) = value(file, "session_minutes")
        && let Some(length) = range(*min, *max, "minute")
    {
        sentences.push(format!("A session takes {length}."));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn modality(file: &ProgramFile) -> Option<String> {
    let Value::Words(words) = value(file, "modality")? else {
        return None;
    };
    let names: Vec<String> = words
        .iter()
        .map(|word| {
            match word.as_str() {
                "video" => "video call",
                "in_person" => "in person",
                other => other,
            }
            .to_owned()
        })
        .collect();
    let named = match names.as_slice() {
        [] => return None,
        [one] if one == "in person" => "In person.".into(),
        [one] => format!("By {one}."),
        many => format!("It is up to you: {}.", list(many, "or")),
    };
    Some(match value(file, "remote_advised") {
        Some(Value::YesNo(true)) => {
            format!("{named} For everybody’s safety we recommend that you keep to calls and email.")
        }
        _ => named,
    })
}

fn scheduler(file: &ProgramFile) -> Option<String> {
    Some(
        match word(file, "scheduler")? {
            "mentee" => "The mentee.",
            "mentor" => "The mentor.",
            "mentor_offers_mentee_books" => "The mentor offers times, and the mentee books one.",
            _ => "The two of you together.",
        }
        .into(),
    )
}

fn agenda(file: &ProgramFile) -> Option<String> {
    Some(
        match word(file, "agenda_owner")? {
            "mentee" => "The mentee, for every session.",
            "guide" => "There is a guide for each session.",
            _ => "The two of you together.",
        }
        .into(),
    )
}

fn rematch(file: &ProgramFile) -> Option<String> {
    Some(
        match word(file, "rematch")? {
            "with_reason" => "Tell the coordinators why. They can match you anew.",
            "staged" => "Talk to your partner first, then to the coordinators. They can match you with somebody else.",
            "new_invitation" => "You can end it, and invite another mentor.",
            "book_another" => "Book a session with somebody else.",
            "yes" => "The coordinators can match you anew.",
            _ => return None,
        }
        .into(),
    )
}

fn log(file: &ProgramFile) -> Option<String> {
    let signed = word(file, "log_signatures") == Some("both");
    Some(
        match word(file, "log")? {
            "signed" if signed => {
                "Yes: dates, time spent and topics of each meeting, signed by both of you."
            }
            "signed" => "Yes: dates, time spent and topics of each meeting.",
            "monthly_counters" => "Only that you met or were in touch each month.",
            "attendance" => "Only whether a session took place.",
            "homework" => "You write down what to do until the next session, and how it went.",
            "optional" => "If you like. Nobody has to.",
            _ => return None,
        }
        .into(),
    )
}

fn privacy(file: &ProgramFile) -> Option<String> {
    Some(
        match word(file, "privacy")? {
            "selected_only" => "Your application is read by the coordinators alone, and the rest by those who have been selected.",
            "students_only" => "The alumnus whose session you book.",
            "members" => "Other members who take part see your profile.",
            "confidential" => "Your mentor or mentee. Coordinators see numbers and dates, never what you write.",
            _ => "You and your mentor or mentee.",
        }
        .into(),
    )
}

fn end(file: &ProgramFile) -> Option<String> {
    let renewal = match word(file, "renewal") {
        Some("if_both_agree") => Some("You look back together, and go on if both of you want to."),
        Some("continues") => Some("It goes on until one of you ends it."),
        Some("follow_up") => Some("If you like, you follow up a few months later."),
        _ => None,
    };
    let certificate = match word(file, "certificate") {
        Some("cpd_statement") => Some("You get a statement for your professional development."),
        _ => None,
    };
    let sentences: Vec<&str> = [renewal, certificate].into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn cost(file: &ProgramFile) -> Option<String> {
    (word(file, "payment") == Some("free")).then(|| "No.".to_owned())
}

/// `a, b and c`.
fn list(names: &[String], last_by: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {last_by} {last}", most.join(", ")),
    }
}

/// `2 times`, `1 to 2 hours`, `at least 12 times`; none where nothing is said.
fn range(min: Option<i64>, max: Option<i64>, unit: &str) -> Option<String> {
    let count = |number: i64| match number {
        1 => format!("1 {unit}"),
        many => format!("{many} {unit}s"),
    };
    match (min, max) {
        (Some(min), Some(max)) if min == max => Some(count(max)),
        (Some(min), Some(max)) => Some(format!("{min} to {}", count(max))),
        (Some(min), None) => Some(format!("at least {}", count(min))),
        (None, Some(max)) => Some(format!("at most {}", count(max))),
        (None, None) => None,
    }
}

/// As a sentence begins.
fn capital(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + rest.as_str()
}

/// Who may take part in a role, in words.
pub fn who(file: &ProgramFile, role: Part) -> Vec<&str> {
    file.eligibility
        .iter()
        .filter(|e| e.role == role || e.role == Part::Both)
        .map(|e| e.words.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::file::{read::read, template};

    fn answer(name: &str, change: (&str, &str), question: &str) -> Option<String> {
        let text = template::named(name).unwrap();
        assert!(text.contains(change.0));
        let file = read(&text.replacen(change.0, change.1, 1)).unwrap().file;
        let found = faq(&file).into_iter().find(|a| a.question == question);
        found.map(|a| a.answer)
    }

    #[test]
    fn answers_follow_the_settings_and_say_nothing_of_what_is_off() {
        const OFTEN: &str = "How often do we meet?";
        let of = |change, question| answer("wsyas", change, question);
        let same = ("slug", "slug");
        assert_eq!(
            of(same, OFTEN).as_deref(),
            Some("At least 12 times in all. At least once a month; checking in by email counts.")
        );
        let once = ("{ min = 12 }", "{ min = 1 }");
        assert!(
            of(once, OFTEN)
                .unwrap()
                .starts_with("At least 1 time in all.")
        );
        let off = "[settings.cadence]\nvalue = [\"meeting_or_email_monthly\"]\nseverity = \"hard\"";
        let change = (off, &*off.replace("hard", "off"));
        assert_eq!(
            of(change, OFTEN).as_deref(),
            Some("At least 12 times in all.")
        );
        assert_eq!(of(same, "Does it cost anything?"), None);
        let cost = answer("ieca-mentor-match", same, "Does it cost anything?");
        assert_eq!(cost.as_deref(), Some("No."));
        let sessions = answer("ctan", same, OFTEN).unwrap();
        assert_eq!(sessions, "2 times in all. A session takes 60 minutes.");
        let advice = answer("palta", ("{ min = 1, max = 2 }", "{ max = 1 }"), OFTEN).unwrap();
        assert!(
            advice.starts_with("We recommend at most 1 session a month."),
            "{advice}"
        );
    }
}
