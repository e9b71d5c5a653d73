//! Who may apply. Doubt is noted for a coordinator to look at, and refuses nobody.

use chrono::NaiveDate;

use super::{Answers, CohortRole};
use crate::{
    people::{Role, Roles, Standing},
    programs::file::Eligibility,
};

/// The question whose answer a rule about designations looks at.
pub const DESIGNATION: &str = "designation";

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    pub roles: &'a Roles,
    pub standing: Standing,
    pub email: &'a str,
    pub graduates_on: Option<NaiveDate>,
    pub answers: &'a Answers,
}

/// Why it is not plain that somebody may apply in a role, a sentence each; empty: they may. Of several rules for a
/// role one is enough.
pub fn doubts(
    rules: &[Eligibility],
    role: CohortRole,
    applicant: &Applicant,
    today: NaiveDate,
) -> Vec<String> {
    rules
        .iter()
        .filter(|rule| role.is_of(rule.role))
        .map(|rule| doubts_by(rule, applicant, today))
        .min_by_key(Vec::len)
        .unwrap_or_default()
}

fn doubts_by(rule: &Eligibility, applicant: &Applicant, today: NaiveDate) -> Vec<String> {
    let mut doubts = Vec::new();
    let mut doubt = |is_met: bool, words: String| {
        if !is_met {
            doubts.push(words);
        }
    };
    if !rule.roles.is_empty() {
        let roles = rule.roles.iter().filter_map(|word| Role::parse(word));
        let is_one = roles.clone().any(|role| applicant.roles.has(role));
        let names: Vec<&str> = roles.map(Role::with_article).collect();
        doubt(
            is_one,
            format!("Is not {} on this site.", names.join(" or ")),
        );
    }
    if rule.standing == "active" {
        let is_active = applicant.standing == Standing::Active;
        doubt(is_active, "Is not in good standing.".into());
    }
    if !rule.domains.is_empty() {
        let domain = applicant.email.rsplit('@').next().unwrap_or_default();
        let is_there = rule.domains.iter().any(|known| {
            let known = known.to_ascii_lowercase();
            domain == known || domain.ends_with(&format!(".{known}"))
        });
        let names = rule.domains.join(" or ");
        doubt(is_there, format!("Has no email address at {names}."));
    }
    if let Some(within) = rule.graduates_within {
        let last = within.after(today);
        let is_soon = applicant
            .graduates_on
            .is_some_and(|day| last.is_some_and(|last| (today..=last).contains(&day)));
        let words = match applicant.graduates_on {
            None => "Has given no graduation date.".to_owned(),
            Some(day) => format!("Graduates on {day}, outside the period for this program."),
        };
        doubt(is_soon, words);
    }
    if !rule.designations.is_empty() {
        let has_one = applicant.answers.of(DESIGNATION).iter().any(|text| {
            let text = text.to_lowercase();
            rule.designations.iter().any(|d| text == d.to_lowercase())
        });
        let names = rule.designations.join(", ");
        doubt(
            has_one,
            format!("Has given none of the designations {names}."),
        );
    }
    doubts
}
