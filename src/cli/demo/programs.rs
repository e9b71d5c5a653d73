//! The programs of the demonstration: the six templates, filled in, at different stages.

use chrono::{Days, NaiveDate};
use toml_edit::{DocumentMut, value};

use crate::{
    cli::Failure,
    db::Tx,
    people::audit::By,
    programs::{self, After, Draft, ImportError, PublishError, file::template},
};

/// When a cohort starts, in days from today.
const STARTS: [(&str, i64); 2] = [("ectmp", 60), ("ctan", -20)];
/// What stays a draft with all that is open.
const DRAFT: &str = "wsyas";

/// Takes in and publishes the programs, as of that day.
pub fn insert(tx: &mut Tx, today: NaiveDate) -> Result<(), Failure> {
    for name in template::names() {
        let text = template::named(name).expect("it has just been named");
        let text = match name {
            DRAFT => text.to_owned(),
            _ => filled(name, text, today)?,
        };
        let imported = Draft::read(&text, None)
            .and_then(|draft| programs::import(tx, &By::MACHINE, &draft, After::Nothing));
        imported.map_err(|error: ImportError| error.to_string())?;
        if name != DRAFT {
            let published = programs::publish(tx, &By::MACHINE, name, 1);
            published.map_err(|error: PublishError| format!("{name}: {error}"))?;
        }
    }
    Ok(())
}

/// A template with what its document leaves open.
fn filled(name: &str, text: &str, today: NaiveDate) -> Result<String, Failure> {
    let mut file: DocumentMut = text.parse()?;
    let contacts: DocumentMut =
        format!("all = [{{ channel = \"email\", address = \"{name}@example.org\" }}]").parse()?;
    file["program"]["zone"] = value("America/Toronto");
    file["program"]["contacts"] = contacts["all"].clone();
    if let Some((_, starts)) = STARTS.iter().find(|(of, _)| *of == name) {
        let day = |after: i64| {
            let days = Days::new((starts + after).unsigned_abs());
            let day = match starts + after < 0 {
                true => today - days,
                false => today + days,
            };
            value(day.to_string())
        };
        let cohort = &mut file["cohort"];
        cohort["name"] = value(today.format("%Y").to_string());
        cohort["status"] = value("confirmed");
        cohort["applications_open"] = day(-75);
        cohort["applications_close"] = day(-40);
        cohort["results_on"] = day(-14);
        cohort["starts_on"] = day(0);
        cohort["ends_on"] = day(if name == "ctan" { 60 } else { 121 });
    }
    if let Some(blocks) = file["block"].as_array_of_tables_mut() {
        for block in blocks
            .iter_mut()
            .filter(|block| block["text"].as_str() == Some(""))
        {
            block["text"] = value("The coordinators write here what people need to know.");
        }
    }
    Ok(file.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::file::{check::check, lint::is_blocked};

    #[test]
    fn what_the_demonstration_publishes_can_be_published_on_any_day() {
        for today in ["2026-02-28", "2026-11-28", "2028-02-29"] {
            for name in template::names().filter(|name| *name != DRAFT) {
                let text = template::named(name).unwrap();
                let text = filled(name, text, today.parse().unwrap()).unwrap();
                let findings = check(&text, None);
                assert!(!is_blocked(&findings), "{name} on {today}: {findings:#?}");
            }
        }
    }
}
