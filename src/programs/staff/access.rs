//! Who may do what in a program. Whoever may nothing is told what they would be told of a program that is not there.

use super::{StaffRole, store};
use crate::{
    app::App,
    error::Error,
    people::{Person, Standing, second_factor, visitor::Visitor},
    programs::{cohort::Cohort, store::Program},
};

/// A program, and what the visitor may do in it.
pub struct Access {
    pub program: Program,
    pub role: StaffRole,
    /// Whether it has no lead: any coordinator of the site may look after its file.
    pub is_leaderless: bool,
}

/// A cohort, and what the visitor may do in it.
pub struct CohortAccess {
    pub program: Program,
    pub role: StaffRole,
    pub cohort: Cohort,
}

/// The program of that slug, to somebody who may do what `needed` may.
///
/// # Errors
///
/// Whoever coordinates nothing is refused, whatever there is; to others what they do not run is not found.
pub async fn program(
    app: &App,
    visitor: &Visitor,
    slug: &str,
    needed: StaffRole,
) -> Result<Access, Error> {
    let person = visitor.signed_in()?;
    let (id, wanted) = (person.id, slug.to_owned());
    let found = app
        .read::<_, Error>(move |conn| Ok(store::found(conn, &wanted, id)?))
        .await?;
    let own = found.as_ref().and_then(|(_, role, _)| *role);
    let Some(own) = own.filter(|_| person.standing == Standing::Active) else {
        // Only the site's coordinators may, and only where nobody leads it.
        visitor.coordinating()?;
        return match found {
            Some((program, _, false)) => Ok(Access {
                program,
                role: StaffRole::Lead,
                is_leaderless: true,
            }),
            _ => Err(Error::NotFound),
        };
    };
    owns_second_factor(app, person).await?;
    let (program, _, _) = found.ok_or(Error::NotFound)?;
    allowed(own, needed)?;
    Ok(Access {
        program,
        role: own,
        is_leaderless: false,
    })
}

/// The cohort of that name, to somebody who may do what `needed` may.
///
/// # Errors
///
/// To whoever does not run the program it is not found.
pub async fn cohort(
    app: &App,
    visitor: &Visitor,
    names: (&str, &str),
    needed: StaffRole,
) -> Result<CohortAccess, Error> {
    cohort_of(app, visitor.signed_in()?, names, needed).await
}

/// As [`cohort`], to somebody who is known by a token.
pub async fn cohort_of(
    app: &App,
    person: &Person,
    (slug, cohort): (&str, &str),
    needed: StaffRole,
) -> Result<CohortAccess, Error> {
    if person.standing != Standing::Active {
        return Err(Error::NotFound);
    }
    let (id, slug, cohort) = (person.id, slug.to_owned(), cohort.to_owned());
    let found = app
        .read::<_, Error>(move |conn| Ok(store::cohort(conn, &slug, &cohort, id)?))
        .await?;
    let (program, role, cohort) = found.ok_or(Error::NotFound)?;
    owns_second_factor(app, person).await?;
    allowed(role, needed)?;
    Ok(CohortAccess {
        program,
        role,
        cohort,
    })
}

fn allowed(own: StaffRole, needed: StaffRole) -> Result<(), Error> {
    match own.may(needed) {
        true => Ok(()),
        false => Err(Error::Forbidden(format!(
            "only {} of this program may do that",
            match needed {
                StaffRole::Lead => "leads",
                StaffRole::Reviewer => "leads and reviewers",
                StaffRole::Reader => "staff",
            }
        ))),
    }
}

/// Where the site demands a second factor of coordinators, it does of those who run a program.
async fn owns_second_factor(app: &App, person: &Person) -> Result<(), Error> {
    if !app.config.requires_second {
        return Ok(());
    }
    let id = person.id;
    let has_second = app
        .read::<_, Error>(move |conn| Ok(second_factor::store::has(conn, id)?))
        .await?;
    match has_second {
        true => Ok(()),
        false => Err(Error::SecondFirst),
    }
}
