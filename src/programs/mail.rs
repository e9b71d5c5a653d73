//! Letters about programs, made from values already loaded.

use super::{
    application::CohortRole, cohort::Cohort, file::ProgramFile, phase::last_minute,
    staff::StaffRole,
};
use crate::{
    html::time,
    mail::{Envelope, Letter, body::Block},
    schedule::Zone,
};

/// What letters about a cohort are about, to a reader in that zone.
pub struct About<'a> {
    pub file: &'a ProgramFile,
    pub cohort: &'a Cohort,
    pub zone: Zone,
}

impl About<'_> {
    /// The program with the name of its cohort.
    fn name(&self) -> String {
        match self.cohort.is_rolling {
            true => self.file.name.clone(),
            false => format!("{} {}", self.file.name, self.cohort.name),
        }
    }

    /// The dates that are still to come to somebody who has applied.
    fn dates(&self) -> Vec<(&'static str, String)> {
        let zone = self.cohort.zone();
        let moment = |at| match time::differ(at, &zone, &self.zone) {
            false => time::moment(at, &zone),
            true => format!(
                "{}, {} time ({} in {})",
                time::moment(at, &zone),
                zone.city(),
                time::moment(at, &self.zone),
                self.zone.city()
            ),
        };
        let cohort = self.cohort;
        [
            (
                "Applications close",
                cohort.closes_at.map(|at| moment(last_minute(at, &zone))),
            ),
            ("Results", cohort.results_at.map(moment)),
            ("Starts on", cohort.starts_on.map(time::long_date)),
            ("Ends on", cohort.ends_on.map(time::long_date)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

/// To somebody who helps to run a program from now on.
pub fn appointed(envelope: Envelope, program: &str, role: StaffRole, url: String) -> Letter {
    let blocks = [
        Block::Paragraph(format!(
            "You help to run {program} from now on. {}.",
            role.about()
        )),
        Block::Button {
            label: "Open the program",
            url,
        },
    ];
    envelope.letter(&format!("You help to run {program}"), &blocks)
}

pub fn dates_changed(envelope: Envelope, about: &About, url: String) -> Letter {
    let name = about.name();
    let blocks = [
        Block::Paragraph(format!(
            "The dates of {name} have changed. These are the new ones:"
        )),
        Block::Facts(about.dates()),
        Block::Button {
            label: "Open the program",
            url,
        },
    ];
    envelope.letter(&format!("New dates: {name}"), &blocks)
}

/// To an applicant whose application is complete.
pub fn received(envelope: Envelope, about: &About, role: CohortRole, url: String) -> Letter {
    let name = about.name();
    let mut blocks = vec![Block::Paragraph(format!(
        "We have received your application to {name} as a {}.",
        role.as_str()
    ))];
    match about.cohort.is_rolling {
        true => blocks.push(Block::Paragraph(
            "A coordinator reads it and writes to you.".into(),
        )),
        false => {
            blocks.push(Block::Paragraph(
                "You can change or withdraw it until applications close. Everybody hears the result at the same time.".into(),
            ));
            blocks.push(Block::Facts(about.dates()));
        }
    }
    blocks.push(Block::Button {
        label: "Your application",
        url,
    });
    envelope.letter(&format!("Application received: {name}"), &blocks)
}

/// To a lead: results that were to go out could not.
pub fn release_blocked(
    envelope: Envelope,
    about: &About,
    blocks: &[String],
    url: String,
) -> Letter {
    let name = about.name();
    let blocks = [
        Block::Paragraph(format!(
            "The results of {name} were to go out now, and did not. Nobody has heard anything."
        )),
        Block::Quote("First:".into(), blocks.join("\n")),
        Block::Button {
            label: "Open the results",
            url,
        },
    ];
    envelope.letter(&format!("Results not sent: {name}"), &blocks)
}
