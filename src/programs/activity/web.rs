//! Routes of what is on in a cohort: for its members, and for those who put it on.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    ActivityKind, Rsvp,
    event::{self, Origin},
    pages::{self, Planning},
    plan::{self, PlanError},
    rules::Typed,
    store::{self, Listed},
};
use crate::{
    app::App,
    db::{ActivityId, PersonId},
    error::Error,
    html::Notice,
    ical::{self, Method},
    input::Problems,
    people::visitor::{Form, Visitor, page, see_other},
    programs::{
        member::{self, Inside, access::inside},
        staff::{
            StaffRole,
            access::{self, CohortAccess},
        },
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/cohorts/{slug}/{cohort}/activities/{id}").route(get().to(activity_page)),
        )
        .service(resource("/cohorts/{slug}/{cohort}/activities/{id}/rsvp").route(post().to(answer)))
        .service(
            resource("/cohorts/{slug}/{cohort}/activities/{id}/event.ics")
                .route(get().to(event_file)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/activities")
                .route(get().to(plan_page))
                .route(post().to(add)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/activities/{id}")
                .route(get().to(edit_page))
                .route(post().to(change)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/activities/{id}/cancel")
                .route(post().to(cancel)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/activities/{id}/attendance")
                .route(post().to(note_attendance)),
        );
}

fn answered<T>(done: Result<T, PlanError>) -> Result<T, Error> {
    done.map_err(|error| match error {
        PlanError::NotFound => Error::NotFound,
        PlanError::Over => Error::Conflict {
            code: "wrong_state",
            detail: error.to_string(),
            alternatives: serde_json::Value::Null,
        },
        PlanError::Database(error) => error.into(),
    })
}

/// An activity as a member sees it; what is for the other role is not there.
async fn find(
    app: &App,
    visitor: &Visitor,
    (slug, cohort, id): &(String, String, String),
) -> Result<(Inside, Listed), Error> {
    let inside = inside(app, visitor, (slug, cohort)).await?;
    let id: ActivityId = id.parse().map_err(|_| Error::NotFound)?;
    let (cohort, person) = (inside.cohort.id, inside.person.id);
    let (activity, answer) = app
        .read::<_, Error>(move |conn| {
            Ok((
                store::activity(conn, cohort, id)?,
                store::answer(conn, id, person)?,
            ))
        })
        .await?;
    let activity = activity.filter(|activity| pages::is_for(activity, &inside));
    let listed = Listed {
        activity: activity.ok_or(Error::NotFound)?,
        answer: answer.map(|(answer, _)| answer),
    };
    Ok((inside, listed))
}

async fn activity_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (inside, listed) = find(&app, &visitor, &path).await?;
    let markup = pages::activity(&visitor, &inside, &listed, app.now());
    Ok(page(StatusCode::OK, markup))
}

async fn answer(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (inside, listed) = find(&app, &form.visitor, &path).await?;
    if inside.roles.is_empty() {
        return Err(Error::NotFound);
    }
    let answer = Rsvp::parse(form.fields.one("answer")?)
        .ok_or_else(|| Error::bad_request("answer", "must be yes, maybe or no"))?;
    let (person, cohort, id) = (inside.person.id, inside.cohort.id, listed.activity.id);
    let done = app
        .transaction(move |tx| plan::answer(tx, person, cohort, id, answer))
        .await;
    answered(done)?;
    let notice = match answer {
        Rsvp::No => "Thank you. You are not expected.",
        _ => "Thank you. It is in your calendar, and an invitation is on its way.",
    };
    let next = inside.at(&format!("/activities/{id}"));
    Ok(see_other(&request, &next, Some(Notice::new(notice))))
}

async fn event_file(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (inside, listed) = find(&app, &visitor, &path).await?;
    let origin = Origin {
        program: &inside.file.name,
        url: app
            .config
            .link(&inside.at(&format!("/activities/{}", listed.activity.id))),
        organizer: app.organizer(),
    };
    let answer = listed
        .answer
        .map(|answer| (answer, listed.activity.changed_at));
    let event = event::event(&listed.activity, answer, origin, &inside.person, false);
    let event = event.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"event.ics\"",
        ))
        .body(ical::calendar(Method::Publish, None, &[event])))
}

fn list_of(access: &CohortAccess) -> String {
    let (slug, cohort) = (&access.program.slug, &access.cohort.slug);
    format!("/coordinate/programs/{slug}/cohorts/{cohort}/activities")
}

async fn plan_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let access = access::cohort(&app, &visitor, (&path.0, &path.1), StaffRole::Reader).await?;
    let typed = Typed {
        kind: ActivityKind::Event.as_str().into(),
        role: "both".into(),
        minutes: "60".into(),
        ..Typed::default()
    };
    show(
        &app,
        &visitor,
        &access,
        StatusCode::OK,
        &typed,
        &Problems::default(),
    )
    .await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    access: &CohortAccess,
    status: StatusCode,
    typed: &Typed,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let id = access.cohort.id;
    let all = app
        .read::<_, Error>(move |conn| Ok(store::all(conn, id)?))
        .await?;
    let planning = Planning {
        access,
        typed,
        problems,
        now: app.now(),
    };
    Ok(page(status, pages::plan(visitor, &planning, &all)))
}

async fn add(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let access = access::cohort(&app, visitor, (&path.0, &path.1), StaffRole::Lead).await?;
    let typed = Typed::read(&form.fields)?;
    let wanted = match typed.checked(&access.cohort.zone()) {
        Ok(wanted) => wanted,
        Err(problems) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return show(&app, visitor, &access, status, &typed, &problems).await;
        }
    };
    let cohort = access.cohort.id;
    let done = app
        .transaction(move |tx| plan::add(tx, cohort, &wanted))
        .await;
    answered(done)?;
    let notice = Some(Notice::new("Added."));
    Ok(see_other(&request, &list_of(&access), notice))
}

/// The activity that a path names, to who may do what `needed` may.
async fn planned(
    app: &App,
    visitor: &Visitor,
    (slug, cohort, id): &(String, String, String),
    needed: StaffRole,
) -> Result<(CohortAccess, super::Activity), Error> {
    let access = access::cohort(app, visitor, (slug, cohort), needed).await?;
    let id: ActivityId = id.parse().map_err(|_| Error::NotFound)?;
    let cohort = access.cohort.id;
    let found = app
        .read::<_, Error>(move |conn| Ok(store::activity(conn, cohort, id)?))
        .await?;
    Ok((access, found.ok_or(Error::NotFound)?))
}

async fn edit_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Error> {
    let status = StatusCode::OK;
    edit(&app, &visitor, &path, status, None, &Problems::default()).await
}

async fn edit(
    app: &App,
    visitor: &Visitor,
    path: &(String, String, String),
    status: StatusCode,
    typed: Option<&Typed>,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let (access, activity) = planned(app, visitor, path, StaffRole::Reader).await?;
    let (cohort, id) = (access.cohort.id, activity.id);
    let (members, answers) = app
        .read::<_, Error>(move |conn| {
            Ok((
                member::store::members(conn, cohort)?,
                store::answers(conn, id)?,
            ))
        })
        .await?;
    let as_is = pages::as_typed(&activity, &access.cohort.zone());
    let planning = Planning {
        access: &access,
        typed: typed.unwrap_or(&as_is),
        problems,
        now: app.now(),
    };
    let markup = pages::edit(visitor, &planning, &activity, &members, &answers);
    Ok(page(status, markup))
}

async fn change(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let (access, activity) = planned(&app, visitor, &path, StaffRole::Lead).await?;
    let typed = Typed::read(&form.fields)?;
    let wanted = match typed.changing(&activity, &access.cohort.zone()) {
        Ok(wanted) => wanted,
        Err(problems) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return edit(&app, visitor, &path, status, Some(&typed), &problems).await;
        }
    };
    let (cohort, id) = (access.cohort.id, activity.id);
    let done = app
        .transaction(move |tx| plan::change(tx, cohort, id, &wanted))
        .await;
    answered(done)?;
    let next = format!("{}/{id}", list_of(&access));
    Ok(see_other(&request, &next, Some(Notice::new("Saved."))))
}

async fn cancel(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (access, activity) = planned(&app, &form.visitor, &path, StaffRole::Lead).await?;
    let (cohort, id) = (access.cohort.id, activity.id);
    let done = app
        .transaction(move |tx| plan::cancel(tx, cohort, id))
        .await;
    answered(done)?;
    let notice = Notice::new("Cancelled. Those who said they would come are told.");
    Ok(see_other(&request, &list_of(&access), Some(notice)))
}

async fn note_attendance(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (access, activity) = planned(&app, &form.visitor, &path, StaffRole::Reviewer).await?;
    let present: Result<Vec<PersonId>, _> = form.fields.all("present").map(str::parse).collect();
    let present =
        present.map_err(|_| Error::bad_request("present", "must be members of the cohort"))?;
    let (cohort, id) = (access.cohort.id, activity.id);
    let done = app
        .transaction(move |tx| {
            let members = member::store::members(tx, cohort)?;
            let everybody: Vec<PersonId> = members.iter().map(|(person, _)| person.id).collect();
            plan::note_attendance(tx, cohort, id, &present, &everybody)
        })
        .await;
    answered(done)?;
    let next = format!("{}/{id}", list_of(&access));
    Ok(see_other(&request, &next, Some(Notice::new("Saved."))))
}
