//! Routes of setting up.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use chrono::{DateTime, TimeDelta, Utc};

use super::{Preset, Progress, Step, pages};
use crate::{
    app::App,
    db::PersonId,
    error::Error,
    html::form::Fields,
    input::Problems,
    people::{
        self, Profile, Role, profile,
        rules::ProfileForm,
        visitor::{Form, Visitor, page, see_other},
    },
    schedule::{Diary, Span, Zone},
    slots::{
        availability,
        catalogue::{self, Catalogue},
        rules::{Availability, ServiceForm, place_problem},
        service::{self, ServiceError},
        store,
    },
};

const HERE: &str = "/me/set-up";

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/me/set-up").route(get().to(set_up_page)))
        .service(resource("/me/set-up/{step}").route(post().to(answer)));
}

async fn load(app: &App, of: PersonId, now: DateTime<Utc>) -> Result<(Progress, Catalogue), Error> {
    app.read::<_, Error>(move |conn| {
        let progress = Progress::read(conn, of, now)?;
        Ok((progress, catalogue::store::all(conn)?))
    })
    .await
}

/// Where what is done already is changed: what is asked here is a first answer, which would replace more.
fn own_page(progress: &Progress, step: Step) -> Option<&'static str> {
    match step {
        Step::Service if progress.is_done(step) => Some("/me/services"),
        Step::Hours if progress.is_done(step) => Some("/me/availability"),
        _ => None,
    }
}

/// The step that is asked for, or the first that is not done; the end once all are.
async fn set_up_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = visitor.having(Role::Alumnus)?.id;
    let query = Fields::parse(request.query_string())?;
    let asked = query.some("step")?;
    let asked = asked
        .map(|word| {
            Step::parse(word).ok_or_else(|| Error::bad_request("step", "must be one of the steps"))
        })
        .transpose()?;
    let now = app.now();
    let (progress, catalogue) = load(&app, id, now).await?;
    let chrome = &visitor.chrome;
    let fine = Problems::default();
    if let Some(elsewhere) = asked.and_then(|step| own_page(&progress, step)) {
        return Ok(see_other(&request, elsewhere, None));
    }
    let markup = match asked.or_else(|| progress.next()) {
        Some(Step::Zone) => {
            let known = &progress.host.person.zone;
            let typed = if progress.has_zone { known } else { "" };
            pages::zone(chrome, &progress, typed, &fine)
        }
        Some(Step::Profile) => {
            let values = ProfileForm::of(&progress.host.profile.profile);
            pages::profile(chrome, &progress, &values, &fine)
        }
        Some(Step::Service) => {
            let values = ServiceForm::default();
            pages::service(chrome, &progress, &catalogue, &values, &fine)
        }
        Some(Step::Hours) => pages::hours(chrome, &progress, None, &fine),
        None => pages::live(chrome, &progress, &app.config.address(), now),
    };
    Ok(page(StatusCode::OK, markup))
}

async fn answer(
    app: Data<App>,
    form: Form,
    step: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = form.visitor.having(Role::Alumnus)?.id;
    let step = Step::parse(&step).ok_or(Error::NotFound)?;
    let (progress, catalogue) = load(&app, id, app.now()).await?;
    if let Some(elsewhere) = own_page(&progress, step) {
        return Ok(see_other(&request, elsewhere, None));
    }
    let refused = match step {
        Step::Zone => zone(&app, &form, &progress).await?,
        Step::Profile => profile(&app, &form, &progress).await?,
        Step::Service => service(&app, &form, &progress, &catalogue).await?,
        Step::Hours if form.fields.one("hours")? == "own" => {
            return Ok(see_other(&request, "/me/availability", None));
        }
        Step::Hours => hours(&app, &form, progress).await?,
    };
    Ok(refused.unwrap_or_else(|| see_other(&request, HERE, None)))
}

fn unprocessable(markup: maud::Markup) -> Option<HttpResponse> {
    Some(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
}

/// Each of these does what is asked; returns the page that says why it does not.
async fn zone(app: &App, form: &Form, progress: &Progress) -> Result<Option<HttpResponse>, Error> {
    let id = progress.host.person.id;
    let typed = form.fields.one("zone")?;
    let zone = match Zone::named(typed) {
        Ok(zone) => zone.name().to_owned(),
        Err(unknown) => {
            let problems = Problems::one("zone", unknown.to_string());
            let chrome = &form.visitor.chrome;
            return Ok(unprocessable(pages::zone(
                chrome, progress, typed, &problems,
            )));
        }
    };
    app.transaction(move |tx| availability::confirm_zone(tx, id, &zone))
        .await?;
    Ok(None)
}

async fn profile(
    app: &App,
    form: &Form,
    progress: &Progress,
) -> Result<Option<HttpResponse>, Error> {
    let owner = form.visitor.having(Role::Alumnus)?.clone();
    let mut values = ProfileForm::of(&progress.host.profile.profile);
    values.headline = form.fields.one("headline")?.to_owned();
    values.employer = form.fields.one("employer")?.to_owned();
    let checked = values
        .checked()
        .and_then(|profile| match profile.headline.is_empty() {
            true => Err(Problems::one("headline", "Say what you do, in a line.")),
            false => Ok(profile),
        });
    match checked {
        Ok(checked) => {
            app.transaction::<_, Error>(move |tx| {
                people::store::lock(tx, &[owner.id])?;
                // What is said elsewhere meanwhile stays.
                let now = profile::store::profile(tx, owner.id)?.profile;
                let wanted = Profile {
                    headline: checked.headline.clone(),
                    employer: checked.employer.clone(),
                    ..now
                };
                profile::save(tx, &owner, &wanted)
            })
            .await?;
            Ok(None)
        }
        Err(problems) => {
            let chrome = &form.visitor.chrome;
            Ok(unprocessable(pages::profile(
                chrome, progress, &values, &problems,
            )))
        }
    }
}

async fn service(
    app: &App,
    form: &Form,
    progress: &Progress,
    catalogue: &Catalogue,
) -> Result<Option<HttpResponse>, Error> {
    let id = progress.host.person.id;
    let location = form.fields.one("location")?.trim().to_owned();
    let kind = form.fields.one("kind")?;
    let chrome = &form.visitor.chrome;
    let mut values = catalogue
        .choice(kind, "")
        .map_or_else(ServiceForm::default, ServiceForm::new);
    values.location = location.clone();
    let placeless: Vec<(String, ServiceForm)> = progress
        .placeless()
        .map(|service| {
            let mut values = ServiceForm::of(service);
            values.location = location.clone();
            (service.slug.clone(), values)
        })
        .collect();
    let mut problems = Problems::default();
    if let Some(problem) = place_problem(&location) {
        problems.add("location", problem);
    }
    if placeless.is_empty() && values.kind.is_empty() {
        problems.add("kind", "Choose what you offer.");
    }
    if problems.is_empty() {
        let first = values.draft();
        let saved = app
            .transaction::<_, ServiceError>(move |tx| {
                people::store::lock(tx, &[id])?;
                for (slug, values) in &placeless {
                    service::save(tx, id, Some(slug), values.draft(), true)?;
                }
                if placeless.is_empty() && store::open_services(tx, &[id])?.is_empty() {
                    service::save(tx, id, None, first.clone(), true)?;
                }
                Ok(())
            })
            .await;
        match saved {
            Ok(()) => return Ok(None),
            Err(ServiceError::Invalid(found)) => problems = found,
            Err(ServiceError::TooMany) => {
                problems.add("kind", ServiceError::TooMany.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let markup = pages::service(chrome, progress, catalogue, &values, &problems);
    Ok(unprocessable(markup))
}

/// Shows what would be offered; publishes it when told to.
async fn hours(
    app: &App,
    form: &Form,
    mut progress: Progress,
) -> Result<Option<HttpResponse>, Error> {
    let id = progress.host.person.id;
    let now = app.now();
    let chrome = &form.visitor.chrome;
    let Some(preset) = Preset::parse(form.fields.one("hours")?) else {
        let problems = Problems::one("hours", "Choose hours to begin with.");
        return Ok(unprocessable(pages::hours(
            chrome, &progress, None, &problems,
        )));
    };
    if form.fields.one("action")? == "publish" {
        app.transaction(move |tx| {
            people::store::lock(tx, &[id])?;
            // Whoever presses twice, or has said hours elsewhere meanwhile, keeps what they have.
            let progress = Progress::read(tx, id, now)?;
            if progress.is_done(Step::Hours) {
                return Ok(());
            }
            let wanted = Availability {
                weekly: preset.weekly(),
                policy: progress.host.policy,
            };
            availability::save(tx, id, &wanted)
        })
        .await?;
        return Ok(None);
    }
    progress.rules.weekly = preset.weekly();
    let fortnight = Span::new(now, now + TimeDelta::days(14));
    let offered: Vec<(String, Vec<Span>)> = progress
        .services
        .iter()
        .map(|service| {
            let diary = Diary::default();
            let (host, rules) = (&progress.host, &progress.rules);
            let slots = crate::slots::offered(host, service, rules, &diary, now, fortnight);
            (service.title.clone(), slots)
        })
        .collect();
    let markup = pages::preview(chrome, &progress, preset, &offered);
    Ok(Some(page(StatusCode::OK, markup)))
}
