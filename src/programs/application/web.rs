//! Routes of applying: the form, what was sent, withdrawing.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    ApplicationStatus, CohortRole,
    apply::{self, ApplyError, Wanted},
    form,
    pages::{self, Apply},
    store::{self, Own},
};
use crate::{
    app::App,
    db::ApplicationId,
    error::Error,
    html::{Notice, form::Fields, form::address},
    input::Problems,
    people::{
        Person,
        visitor::{Form, Visitor, page, see_other},
    },
    programs::{
        cohort::{self, store::Running},
        file::ProgramFile,
        reread::reread,
        selection::seat,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/programs/{slug}/apply")
                .route(get().to(apply_page))
                .route(post().to(send)),
        )
        .service(resource("/me/applications").route(get().to(list_page)))
        .service(resource("/applications/{id}").route(get().to(application_page)))
        .service(
            resource("/applications/{id}/withdraw")
                .route(get().to(withdraw_page))
                .route(post().to(withdraw)),
        )
        .service(resource("/applications/{id}/discard").route(post().to(discard)))
        .service(resource("/applications/{id}/agree").route(post().to(agree)))
        .service(resource("/applications/{id}/seat").route(post().to(answer_offer)));
}

/// The cohort of a published program that takes applications, with its file.
pub async fn current(app: &App, slug: &str) -> Result<(Running, ProgramFile), Error> {
    let slug = slug.to_owned();
    let running = app
        .read::<_, Error>(move |conn| Ok(cohort::store::current(conn, &slug)?))
        .await?
        .ok_or(Error::NotFound)?;
    let file = reread(&running.text)?;
    Ok((running, file))
}

fn side_of(fields: &Fields) -> Result<CohortRole, Error> {
    CohortRole::parse(fields.one("role")?)
        .ok_or_else(|| Error::bad_request("role", "must be mentee or mentor"))
}

async fn apply_page(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?.clone();
    let role = side_of(&Fields::parse(request.query_string())?)?;
    let (running, file) = current(&app, &slug).await?;
    let (cohort, id) = (running.cohort.id, person.id);
    let own = app
        .read::<_, Error>(move |conn| Ok(store::in_cohort(conn, cohort, id)?))
        .await?;
    let application = own.iter().find(|application| application.role == role);
    let is_decided = application.is_some_and(|found| found.released().is_some());
    if let Some(found) = application
        && is_decided
    {
        return Ok(see_other(&request, &page_of(found.id), None));
    }
    let other = own
        .iter()
        .find(|found| found.role != role && found.status != ApplicationStatus::Withdrawn);
    let answers = application
        .map(|found| found.answers.clone())
        .unwrap_or_default();
    let agreed = application
        .map(|found| found.agreed.clone())
        .unwrap_or_default();
    let agreed: Vec<String> = match application {
        // What stands there now has to be agreed to, not what stood there.
        Some(_) => form::acknowledgements(&file, role)
            .filter(|one| !form::to_agree(&file, role, &agreed).contains(one))
            .map(|one| one.name.clone())
            .collect(),
        None => Vec::new(),
    };
    let shown = Apply {
        running: &running,
        file: &file,
        role,
        answers: &answers,
        agreed: &agreed,
        application,
        other: other.filter(|_| !file.allows_both_roles()),
        person: &person,
        now: app.now(),
    };
    let markup = pages::apply(&visitor, &shown, &Problems::default(), None);
    Ok(page(StatusCode::OK, markup))
}

fn page_of(id: ApplicationId) -> String {
    format!("/applications/{id}")
}

/// Saves a draft, by itself or at a press, or sends it.
async fn send(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.signed_in()?.clone();
    let role = side_of(&form.fields)?;
    let action = form.fields.one("action")?.to_owned();
    if !["save", "autosave", "submit"].contains(&action.as_str()) {
        return Err(Error::bad_request("action", "must be save or submit"));
    }
    let (running, file) = current(&app, &slug).await?;
    let answers = form::answers(&file, role, |field| {
        let name = form::control(field);
        form.fields.all(&name).map(str::to_owned).collect()
    });
    let agreed: Vec<String> = form::acknowledgements(&file, role)
        .filter(|one| form.fields.is_ticked(&form::agreement(one)))
        .map(|one| one.name.clone())
        .collect();
    let is_sent = action == "submit";
    let (cohort, id) = (running.cohort.id, person.id);
    let before = app
        .read::<_, Error>(move |conn| Ok(store::in_cohort(conn, cohort, id)?))
        .await?;
    let was_sent = before
        .iter()
        .any(|found| found.role == role && found.status == ApplicationStatus::Submitted);
    let (by, cohort) = (person.clone(), running.cohort.clone());
    let (kept, names, shared) = (answers.clone(), agreed.clone(), file.clone());
    let done = app
        .transaction(move |tx| {
            let wanted = Wanted {
                role,
                answers: kept.clone(),
                agreed: names.clone(),
                cohort: &cohort,
                file: &shared,
            };
            match is_sent {
                true => apply::submit(tx, &by, &wanted, true),
                false => apply::save(tx, &by, &wanted),
            }
        })
        .await;
    let error = match (done, action.as_str()) {
        (Ok(_), "autosave") => return Ok(HttpResponse::NoContent().finish()),
        (Ok(_), "save") => {
            let path = format!("/programs/{slug}/apply");
            let path = address(&path, &[("role", role.as_str())]);
            let notice = "Saved. Your application has not been sent yet.";
            return Ok(see_other(&request, &path, Some(Notice::new(notice))));
        }
        (Ok(id), _) => {
            let notice = match was_sent {
                true => "Your changes are saved.",
                false => "Application sent. We have emailed you a receipt.",
            };
            let notice = Some(Notice::new(notice));
            return Ok(see_other(&request, &page_of(id), notice));
        }
        (Err(ApplyError::Database(error)), _) => return Err(error.into()),
        (Err(error), "autosave") => return Err(error.into()),
        (Err(ApplyError::NotFound), _) => return Err(Error::NotFound),
        (Err(error), _) => error,
    };
    let (status, problems, said) = match error {
        ApplyError::Invalid(problems) => {
            keep(
                &app,
                &person,
                role,
                &running,
                &file,
                (answers.clone(), agreed.clone()),
            )
            .await?;
            (StatusCode::UNPROCESSABLE_ENTITY, problems, None)
        }
        error => {
            let said = crate::input::sentence(&error.to_string());
            (StatusCode::CONFLICT, Problems::default(), Some(said))
        }
    };
    let (cohort, id) = (running.cohort.id, person.id);
    let own = app
        .read::<_, Error>(move |conn| Ok(store::in_cohort(conn, cohort, id)?))
        .await?;
    let shown = Apply {
        running: &running,
        file: &file,
        role,
        answers: &answers,
        agreed: &agreed,
        application: own.iter().find(|found| found.role == role),
        other: None,
        person: &person,
        now: app.now(),
    };
    let markup = pages::apply(&form.visitor, &shown, &problems, said.as_deref());
    Ok(page(status, markup))
}

/// Keeps what could not be sent as a draft; what has been sent stays.
async fn keep(
    app: &App,
    person: &Person,
    role: CohortRole,
    running: &Running,
    file: &ProgramFile,
    (answers, agreed): (super::Answers, Vec<String>),
) -> Result<(), Error> {
    let (by, cohort, file) = (person.clone(), running.cohort.clone(), file.clone());
    let kept = app
        .transaction(move |tx| {
            let wanted = Wanted {
                role,
                answers: answers.clone(),
                agreed: agreed.clone(),
                cohort: &cohort,
                file: &file,
            };
            apply::save(tx, &by, &wanted)
        })
        .await;
    match kept {
        Err(ApplyError::Database(error)) => Err(error.into()),
        _ => Ok(()),
    }
}

async fn list_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let id = visitor.signed_in()?.id;
    let own = app
        .read::<_, Error>(move |conn| Ok(store::of_person(conn, id)?))
        .await?;
    let markup = pages::list(&visitor, &own, app.now());
    Ok(page(StatusCode::OK, markup))
}

/// An application of whoever asks, with the file of its cohort.
async fn find(app: &App, person: &Person, id: &str) -> Result<(Own, Running, ProgramFile), Error> {
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    let person = person.id;
    let (own, running) = app
        .read::<_, Error>(move |conn| {
            let own = store::own(conn, id, person)?.ok_or(Error::NotFound)?;
            let running = cohort::store::running_of(conn, own.cohort.id)?;
            Ok((own, running))
        })
        .await?;
    let file = reread(&running.text)?;
    Ok((own, running, file))
}

async fn application_page(
    app: Data<App>,
    visitor: Visitor,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    show(&app, &visitor, &id, StatusCode::OK, &Problems::default()).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    id: &str,
    status: StatusCode,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?;
    let (own, _, file) = find(app, person, id).await?;
    let markup = pages::application(visitor, &own, &file, problems, app.now());
    Ok(page(status, markup))
}

async fn withdraw_page(
    app: Data<App>,
    visitor: Visitor,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?;
    let (own, _, file) = find(&app, person, &id).await?;
    let markup = pages::withdraw(&visitor, &own, &file, app.now());
    Ok(page(StatusCode::OK, markup))
}

async fn withdraw(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.signed_in()?.clone();
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| seat::withdraw(tx, &person, id))
        .await?;
    let notice = Notice::new("Your application has been withdrawn.");
    Ok(see_other(&request, &page_of(id), Some(notice)))
}

async fn discard(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.signed_in()?.clone();
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| apply::discard(tx, &person, id))
        .await?;
    let notice = Notice::new("Draft deleted.");
    Ok(see_other(&request, "/me/applications", Some(notice)))
}

/// Agrees to what has changed since the application was sent.
async fn agree(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.signed_in()?.clone();
    let (own, _, file) = find(&app, &person, &id).await?;
    let names: Vec<String> = form::acknowledgements(&file, own.application.role)
        .filter(|one| form.fields.is_ticked(&form::agreement(one)))
        .map(|one| one.name.clone())
        .collect();
    let id = own.application.id;
    let agreed = app
        .transaction(move |tx| apply::agree(tx, &person, id, &file, &names))
        .await;
    match agreed {
        Ok(()) => {
            let notice = Some(Notice::new("Thank you. That has been noted."));
            Ok(see_other(&request, &page_of(id), notice))
        }
        Err(ApplyError::Invalid(problems)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            show(&app, &form.visitor, &id.to_string(), status, &problems).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes or declines a seat that is kept.
async fn answer_offer(
    app: Data<App>,
    form: Form,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.signed_in()?.clone();
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    let is_taken = match form.fields.one("answer")? {
        "take" => true,
        "decline" => false,
        _ => return Err(Error::bad_request("answer", "must be take or decline")),
    };
    app.transaction(move |tx| seat::answer(tx, &person, id, is_taken))
        .await?;
    let notice = match is_taken {
        true => "The place is yours.",
        false => "You have declined the place.",
    };
    Ok(see_other(&request, &page_of(id), Some(Notice::new(notice))))
}
