//! What a review may say, and which applications a filter shows.

use super::{Review, Scores};
use crate::{
    db::ApplicationId,
    error::Error,
    html::form::{Fields, address},
    input::{self, Problems, Reader},
    programs::{
        application::{CohortRole, Decision},
        cohort::Cohort,
        file::{Field, Part, ProgramFile, Reader as Reads, RubricLine},
        staff::StaffRole,
    },
};

/// The longest note.
const LONGEST_NOTE: usize = 5000;
/// The most tags of an application.
const MOST_TAGS: usize = 10;

/// The lines of the rubric for a role; one for the whole impression where a program has none.
pub fn rubric(file: &ProgramFile, role: CohortRole) -> Vec<RubricLine> {
    let own = file.rubric.iter().filter(|line| role.is_of(line.role));
    let own: Vec<RubricLine> = own.cloned().collect();
    match own.is_empty() {
        false => own,
        true => vec![RubricLine {
            name: "overall".into(),
            role: Part::Both,
            words: "Overall impression".into(),
            points: 5,
        }],
    }
}

/// The name of the control of a line.
pub fn control(line: &RubricLine) -> String {
    format!("score-{}", line.name)
}

/// What was typed as a review.
///
/// # Errors
///
/// What is wrong, by the names of controls.
pub fn review(rubric: &[RubricLine], fields: &Fields) -> Result<Result<Review, Problems>, Error> {
    let mut reader = Reader::default();
    let is_conflicted = fields.is_ticked("conflict");
    let mut scores = Scores::new();
    for line in rubric {
        let name = control(line);
        let bounds = 0..=i64::from(line.points);
        if let Some(points) = reader.optional_number(&name, fields.one(&name)?, bounds)
            && let Ok(points) = u32::try_from(points)
        {
            scores.insert(line.name.clone(), points);
        }
    }
    let note = reader.paragraphs("note", fields.one("note")?, LONGEST_NOTE);
    if is_conflicted {
        scores.clear();
    }
    let total = total(rubric, &scores);
    Ok(reader.problems.or(Review {
        scores,
        total,
        note,
        is_conflicted,
    }))
}

/// The points of all lines, in percent of what is possible; none while one is open.
pub fn total(rubric: &[RubricLine], scores: &Scores) -> Option<i32> {
    let points: Option<u32> = rubric.iter().map(|line| scores.get(&line.name)).sum();
    let most: u32 = rubric.iter().map(|line| line.points).sum();
    let percent = u64::from(points?) * 100 / u64::from(most.max(1));
    i32::try_from(percent).ok()
}

/// The tags that were typed, with commas between them.
pub fn tags(text: &str) -> Result<Vec<String>, Problems> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text
        .split(',')
        .map(input::line)
        .filter(|tag| !tag.is_empty())
    {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.len() > MOST_TAGS {
        return Err(Problems::one(
            "tags",
            format!("must be at most {MOST_TAGS} tags"),
        ));
    }
    match tags.iter().any(|tag| tag.chars().count() > 40) {
        true => Err(Problems::one("tags", "must be at most 40 characters each")),
        false => Ok(tags),
    }
}

/// What an applicant is called whose name is not shown.
pub fn short(id: ApplicationId) -> String {
    id.to_string()[..6].to_uppercase()
}

/// Whether somebody who runs a program reads the answer to a question.
pub fn may_read(field: &Field, role: StaffRole) -> bool {
    match role {
        StaffRole::Lead | StaffRole::Reader => field.readers.contains(&Reads::Coordinators),
        StaffRole::Reviewer => field.readers.contains(&Reads::Reviewers),
    }
}

/// Whether somebody who runs a program sees no names: until the results are out. Where everybody hears on their own
/// they never are.
pub fn is_blind(file: &ProgramFile, cohort: &Cohort, role: StaffRole) -> bool {
    let is_out = cohort.released_at.is_some() && !cohort.is_rolling;
    file.hides_names() && role != StaffRole::Lead && !is_out
}

/// The names of the questions whose answers somebody who runs a program reads: those that every form has it so that
/// is in use, since people answered what they were told who reads it.
pub fn readable(forms: &[ProgramFile], role: StaffRole) -> Vec<String> {
    let fields = forms.iter().flat_map(|form| &form.fields);
    let mut names: Vec<String> = fields.map(|field| field.name.clone()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| {
        let same = forms.iter().flat_map(|form| &form.fields);
        let mut same = same.filter(|field| field.name == *name);
        same.all(|field| may_read(field, role))
    });
    names
}

/// By what the table is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The first one that was sent first.
    #[default]
    Submitted,
    Name,
    /// The best first.
    Score,
}

impl Sort {
    pub const ALL: [Self; 3] = [Self::Submitted, Self::Name, Self::Score];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Name => "name",
            Self::Score => "score",
        }
    }
}

/// Which applications are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub role: Option<CohortRole>,
    /// `open`, or a decision.
    pub decision: String,
    pub tag: String,
    pub is_doubtful: bool,
    /// Only those that the reader is to read.
    pub is_mine: bool,
    /// Words of the name, the address or an answer.
    pub words: String,
    pub sort: Sort,
}

impl Filter {
    /// From the query of an address.
    pub fn read(query: &Fields) -> Result<Self, Error> {
        let role = match query.some("role")? {
            None => None,
            Some(word) => Some(
                CohortRole::parse(word)
                    .ok_or_else(|| Error::bad_request("role", "must be mentee or mentor"))?,
            ),
        };
        let decision = query.some("decision")?.unwrap_or_default().to_owned();
        if !["", "open"].contains(&decision.as_str()) && Decision::parse(&decision).is_none() {
            return Err(Error::bad_request("decision", "must be open or a decision"));
        }
        let sort = query.some("sort")?.unwrap_or_default();
        let sort = match sort {
            "" => Sort::default(),
            word => Sort::ALL
                .into_iter()
                .find(|sort| sort.as_str() == word)
                .ok_or_else(|| Error::bad_request("sort", "must be submitted, name or score"))?,
        };
        Ok(Self {
            role,
            decision,
            tag: input::line(query.one("tag")?),
            is_doubtful: query.is_ticked("doubt"),
            is_mine: query.is_ticked("mine"),
            words: input::line(query.one("q")?),
            sort,
        })
    }

    /// As it stands in an address, below a path.
    pub fn at(&self, path: &str, page: i64) -> String {
        let page = match page {
            0 | 1 => String::new(),
            number => number.to_string(),
        };
        let sort = match self.sort {
            Sort::Submitted => "",
            sort => sort.as_str(),
        };
        let ticked = |is_ticked| if is_ticked { "yes" } else { "" };
        address(
            path,
            &[
                ("role", self.role.map_or("", CohortRole::as_str)),
                ("decision", &self.decision),
                ("tag", &self.tag),
                ("doubt", ticked(self.is_doubtful)),
                ("mine", ticked(self.is_mine)),
                ("q", &self.words),
                ("sort", sort),
                ("page", &page),
            ],
        )
    }

    pub fn is_empty(&self) -> bool {
        *self
            == Self {
                sort: self.sort,
                ..Self::default()
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, points: u32) -> RubricLine {
        RubricLine {
            name: name.into(),
            role: Part::Both,
            words: name.into(),
            points,
        }
    }

    #[test]
    fn a_total_is_there_when_every_line_has_points() {
        let rubric = [line("goals", 5), line("fit", 15)];
        let scores = |given: &[(&str, u32)]| {
            given
                .iter()
                .map(|(name, points)| ((*name).to_owned(), *points))
                .collect::<Scores>()
        };
        assert_eq!(total(&rubric, &scores(&[("goals", 5)])), None);
        assert_eq!(
            total(&rubric, &scores(&[("goals", 5), ("fit", 0)])),
            Some(25)
        );
        let fields = Fields::parse("score-goals=6&score-fit=3&note=").unwrap();
        let wrong = review(&rubric, &fields).unwrap().unwrap_err();
        assert!(wrong.of("score-goals").is_some());
        let fields = Fields::parse("score-goals=5&conflict=yes&note=My+sister").unwrap();
        let conflicted = review(&rubric, &fields).unwrap().unwrap();
        assert_eq!((conflicted.total, conflicted.scores.len()), (None, 0));
    }

    #[test]
    fn a_filter_comes_back_from_its_address() {
        let query = "role=mentor&decision=open&doubt=yes&q=a+b&sort=score";
        let filter = Filter::read(&Fields::parse(query).unwrap()).unwrap();
        let path = filter.at("/x", 1);
        let again = Fields::parse(path.strip_prefix("/x?").unwrap()).unwrap();
        assert_eq!(Filter::read(&again).unwrap(), filter);
        assert!(Filter::read(&Fields::parse("decision=maybe").unwrap()).is_err());
    }
}
