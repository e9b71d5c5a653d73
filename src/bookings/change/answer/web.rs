//! Routes by which a request is answered.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::pages;
use crate::{
    app::App,
    bookings::{
        self, Meeting, Preparation,
        change::{
            ANSWER_LINK, ChangeError,
            answer::{self, Answer, SayError},
            web::{actor, cannot, refused},
        },
        state::Action,
        web::id_of,
    },
    db::BookingId,
    error::Error,
    html::{Notice, form::Fields},
    input::{Problems, Reader},
    people::{
        introduction,
        visitor::{Form, Visitor, page, see_other},
    },
    schedule::Span,
    slots::claims,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/bookings/{id}/answer")
                .route(get().to(answer_page))
                .route(post().to(answer_request)),
        )
        .service(
            resource("/bookings/{id}/said")
                .route(get().to(say_page))
                .route(post().to(say_more)),
        );
}

async fn answer_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let key = query.one("key")?;
    show_answer(&app, &visitor, id_of(&path)?, key, "", &Problems::default()).await
}

/// The request with the host's day around it.
async fn show_answer(
    app: &App,
    visitor: &Visitor,
    id: BookingId,
    key: &str,
    note: &str,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let (meeting, reader) = actor(app, visitor, id, ANSWER_LINK, key).await?;
    if let Some(refused) = refused(visitor, &meeting, reader, Action::Approve, app.now()) {
        return Ok(refused);
    }
    let zone = meeting.host.zone();
    let day = zone.local(meeting.booking.starts_at).date_naive();
    let day = Span::new(zone.instant(day, 0), zone.instant(day, 1440));
    let (host, guest, now) = (meeting.host.id, meeting.guest.id, app.now());
    let (taken, introduced) = app
        .read::<_, Error>(move |conn| {
            Ok((
                claims::store::taken_within(conn, &[host], day, now, Some(id))?,
                introduction::store::introduction(conn, guest)?,
            ))
        })
        .await?;
    let claims = taken.claims.iter().map(|claim| pages::Around {
        span: claim.span(),
        is_session: true,
    });
    let busy = taken.busy.iter().map(|busy| pages::Around {
        span: busy.span,
        is_session: false,
    });
    let mut around: Vec<pages::Around> = claims.chain(busy).collect();
    around.sort_unstable();
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let asked = pages::Asked {
        meeting: &meeting,
        introduced: &introduced,
        around: &around,
    };
    let markup = pages::answer(&visitor.chrome, &asked, key, note, problems);
    Ok(page(status, markup))
}

async fn answer_request(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let key = form.fields.one("key")?;
    let typed = form.fields.one("note")?;
    let (meeting, by) = actor(&app, &form.visitor, id, ANSWER_LINK, key).await?;
    app.limits.booking(by)?;
    let said = match form.fields.one("answer")? {
        "approve" => Answer::Approve,
        "decline" => Answer::Decline,
        "ask" => Answer::AskForMore,
        _ => {
            return Err(Error::bad_request(
                "answer",
                "must be approve, decline or ask",
            ));
        }
    };
    let mut reader = Reader::default();
    let note = said.note(&mut reader, typed);
    if !reader.problems.is_empty() {
        return show_answer(&app, &form.visitor, id, key, typed, &reader.problems).await;
    }
    match app
        .transaction(move |tx| answer::answer(tx, id, by, said, &note))
        .await
    {
        Ok(booking) if key.is_empty() => Ok(see_other(
            &request,
            &bookings::path(&booking),
            Some(Notice::new("Decision saved. We have emailed them.")),
        )),
        Ok(booking) => Ok(page(
            StatusCode::OK,
            pages::answered(&form.visitor.chrome, &Meeting { booking, ..meeting }, said),
        )),
        Err(ChangeError::Refused(reason)) => Ok(cannot(
            &form.visitor,
            &meeting,
            by,
            Action::Approve,
            &reason,
        )),
        Err(error) => Err(error.into()),
    }
}

async fn say_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let (meeting, reader) = actor(&app, &visitor, id, ANSWER_LINK, "").await?;
    if let Some(refused) = refused(&visitor, &meeting, reader, Action::SayMore, app.now()) {
        return Ok(refused);
    }
    let booking = &meeting.booking;
    let said = Preparation {
        goals: booking.goals.clone(),
        help_wanted: booking.help_wanted.clone(),
        answers: booking.answers.0.clone(),
        material_link: booking.material_link.clone(),
    };
    let problems = Problems::default();
    let markup = pages::say_more(&visitor.chrome, &meeting, &said, &problems, &visitor.zone);
    Ok(page(StatusCode::OK, markup))
}

async fn say_more(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = id_of(&path)?;
    let visitor = &form.visitor;
    let (meeting, by) = actor(&app, visitor, id, ANSWER_LINK, "").await?;
    app.limits.booking(by)?;
    let said = Preparation::read(&form.fields, &meeting.booking.questions.0)?;
    let wanted = said.clone();
    match app
        .transaction(move |tx| answer::say_more(tx, id, by, &wanted))
        .await
    {
        Ok(booking) => Ok(see_other(
            &request,
            &bookings::path(&booking),
            Some(Notice::SAVED),
        )),
        Err(SayError::Invalid(problems)) => {
            let zone = &visitor.zone;
            let markup = pages::say_more(&visitor.chrome, &meeting, &said, &problems, zone);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup))
        }
        Err(SayError::Change(ChangeError::Refused(reason))) => {
            Ok(cannot(visitor, &meeting, by, Action::SayMore, &reason))
        }
        Err(SayError::Change(error)) => Err(error.into()),
    }
}
