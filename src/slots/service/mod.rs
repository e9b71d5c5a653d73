//! How alumni change their own services: put, close, open again.

pub mod pages;
pub mod web;

use crate::slots::{
    MARKETPLACE, Service, catalogue, index,
    rules::{MOST_SERVICES, NewService, ServiceDraft},
    store,
};
use crate::{
    db::{DbError, PersonId, ServiceId, Tx},
    input::{self, Problems},
    people,
};

#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("you already have {MOST_SERVICES} services; edit one of them instead")]
    TooMany,
    #[error(transparent)]
    Invalid(#[from] Problems),
    #[error("there is no such service")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbError),
}
crate::verb_error!(ServiceError);

impl From<ServiceError> for crate::error::Error {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::TooMany => Self::unprocessable("service", &error.to_string()),
            ServiceError::Invalid(problems) => Self::Unprocessable(problems),
            ServiceError::NotFound => Self::NotFound,
            ServiceError::Database(error) => error.into(),
        }
    }
}

/// As `put`, with what its owner asks for judged first, by the catalogue as it stays until the transaction ends.
pub fn save(
    tx: &mut Tx,
    of: PersonId,
    slug: Option<&str>,
    draft: ServiceDraft,
    is_open: bool,
) -> Result<Service, ServiceError> {
    let catalogue = catalogue::store::share_all(tx)?;
    let found = match slug {
        Some(slug) => store::own_service(tx, of, slug)?,
        None => None,
    };
    let before = found.as_ref().map_or("", |service| service.kind.as_str());
    let wanted = draft.checked(&MARKETPLACE, &catalogue, before)?;
    put(tx, of, slug, &wanted, is_open)
}

/// Makes or changes the service of that slug; the first free slug of its title without one.
/// Bookings keep what they were made with.
pub fn put(
    tx: &mut Tx,
    of: PersonId,
    slug: Option<&str>,
    wanted: &NewService,
    is_open: bool,
) -> Result<Service, ServiceError> {
    people::store::lock(tx, &[of])?;
    let now = tx.now()?;
    let existing = store::services_of(tx, of)?;
    let found = slug.and_then(|slug| existing.iter().find(|s| s.slug == slug));
    if found.is_none() && existing.len() >= MOST_SERVICES {
        return Err(ServiceError::TooMany);
    }
    let slug = match slug {
        Some(slug) => slug.to_owned(),
        None => {
            let base = Some(input::slug(&wanted.title))
                .filter(|s| !s.is_empty())
                .unwrap_or("session".into());
            let mut names =
                std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}-{n}")));
            names
                .find(|name| name != "new" && existing.iter().all(|s| s.slug != *name))
                .expect("some number is free")
        }
    };
    let service = Service {
        id: found.map_or_else(ServiceId::random, |s| s.id),
        person_id: of,
        slug,
        kind: wanted.kind.clone(),
        title: wanted.title.clone(),
        description: wanted.description.clone(),
        duration_minutes: wanted.duration_minutes,
        increment_minutes: wanted.increment_minutes,
        location: wanted.location.clone(),
        questions: wanted.questions.clone(),
        needs_file: wanted.needs_file,
        approval: wanted.approval,
        answer_within_hours: wanted.answer_within_hours,
        change_notice_hours: wanted.change_notice_hours,
        seats: wanted.seats,
        created_at: found.map_or(now, |s| s.created_at),
        closed_at: (!is_open).then(|| found.and_then(|s| s.closed_at).unwrap_or(now)),
        program_id: found.and_then(|s| s.program_id),
    };
    store::put_service(tx, &service)?;
    index::store::note_growth(tx, &[of], now)?;
    Ok(service)
}

/// Stops or takes up offering a service. What is booked stays.
pub fn set_open(tx: &mut Tx, of: PersonId, slug: &str, is_open: bool) -> Result<(), ServiceError> {
    people::store::lock(tx, &[of])?;
    let now = tx.now()?;
    let service = store::own_service(tx, of, slug)?.ok_or(ServiceError::NotFound)?;
    index::store::note_growth(tx, &[of], now)?;
    Ok(store::set_closed(
        tx,
        service.id,
        (!is_open).then_some(now),
    )?)
}
