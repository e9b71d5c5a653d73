//! Who is inside a cohort: whoever was selected and has heard, and whoever runs the program. To all others it is not
//! there.

use super::{Inside, store};
use crate::{
    app::App,
    error::Error,
    people::{Standing, visitor::Visitor},
    programs::reread::reread,
};

/// The cohort that a path names, to its members and its staff.
pub async fn inside(
    app: &App,
    visitor: &Visitor,
    (program, cohort): (&str, &str),
) -> Result<Inside, Error> {
    let person = visitor.signed_in()?.clone();
    let (id, slug, name) = (person.id, program.to_owned(), cohort.to_owned());
    let found = app
        .read::<_, Error>(move |conn| Ok(store::found(conn, &slug, &name, id)?))
        .await?;
    let found = found.ok_or(Error::NotFound)?;
    let staff = found.staff.filter(|_| person.standing == Standing::Active);
    if found.roles.is_empty() && staff.is_none() {
        return Err(Error::NotFound);
    }
    Ok(Inside {
        program: program.to_owned(),
        file: reread(&found.text)?,
        cohort: found.cohort,
        roles: found.roles,
        staff,
        person,
    })
}
