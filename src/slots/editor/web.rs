//! Routes by which alumni edit their own times.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig, get, post, resource},
};

use super::{
    pages::{self, Editor},
    typed,
};
use crate::{
    app::App,
    db::OneOffId,
    error::Error,
    html::Notice,
    input::{self, Problems},
    people::{
        self, Role,
        visitor::{Form, Visitor, page, see_other},
    },
    schedule::{Rules, Span, Zone},
    slots::{
        self, Booked, Host, OneOff, Service, availability, claims, diary,
        rules::{OverrideForm, WEEKDAYS, WeekForm},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/me/availability")
                .route(get().to(editor_page))
                .route(post().to(week)),
        )
        .service(resource("/me/availability/zone").route(post().to(confirm_zone)))
        .service(resource("/me/availability/once").route(post().to(add_once)))
        .service(resource("/me/availability/once/remove").route(post().to(remove_once)))
        .service(resource("/me/availability/dates").route(post().to(add_dates)))
        .service(resource("/me/availability/dates/remove").route(post().to(remove_dates)));
}

/// What the editor is filled with, besides what is stored.
struct Typed {
    week: Option<WeekForm>,
    days_off: OverrideForm,
    once: String,
    problems: Problems,
    wants_preview: bool,
    asks: Asks,
}

/// Which change is to be confirmed because bookings would lie outside the hours after it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Nothing,
    Week,
    DaysOff,
}

impl Typed {
    fn nothing() -> Self {
        Self {
            week: None,
            days_off: OverrideForm::default(),
            once: String::new(),
            problems: Problems::default(),
            wants_preview: false,
            asks: Asks::Nothing,
        }
    }
}

/// What is stored of the host.
struct Stored {
    host: Host,
    rules: Rules,
    one_offs: Vec<OneOff>,
    booked: Vec<Booked>,
    services: Vec<Service>,
    taken: crate::slots::Taken,
}

async fn load(app: &App, visitor: &Visitor) -> Result<Stored, Error> {
    let id = visitor.having(Role::Alumnus)?.id;
    let now = app.now();
    app.read::<_, Error>(move |conn| {
        let host = slots::store::own(conn, id)?;
        let rules = slots::store::rules_of(conn, &host, now)?;
        let ahead = Span::new(now, now + host.policy.horizon());
        Ok(Stored {
            rules,
            one_offs: slots::store::one_offs(conn, id, now)?,
            booked: claims::store::booked(conn, id, now)?,
            services: slots::store::open_services(conn, &[id])?,
            taken: claims::store::taken(conn, &[id], ahead, now, None)?,
            host,
        })
    })
    .await
}

async fn editor_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let id = visitor.having(Role::Alumnus)?.id;
    let is_placeless = app
        .read::<_, Error>(move |conn| Ok(people::store::has_unconfirmed_zone(conn, id)?))
        .await?;
    if is_placeless {
        let markup = pages::where_you_live(&visitor.chrome, "", &Problems::default());
        return Ok(page(StatusCode::OK, markup));
    }
    show_editor(&app, &visitor, StatusCode::OK, Typed::nothing()).await
}

async fn show_editor(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    typed: Typed,
) -> Result<HttpResponse, Error> {
    let now = app.now();
    let mut stored = load(app, visitor).await?;
    let before = stored.rules.clone();
    let today = slots::rules::today(&stored.rules.zone, now);
    let week = typed
        .week
        .unwrap_or_else(|| WeekForm::of(&stored.rules, &stored.host.policy));
    if let Ok(availability) = week.checked() {
        stored.rules.weekly = availability.weekly;
        stored.host.policy = availability.policy;
    }
    let preview: Option<Vec<pages::Preview>> = typed.wants_preview.then(|| {
        let diary = diary(stored.host.person.id, None, &stored.taken);
        let fortnight = Span::new(now, now + chrono::TimeDelta::days(14));
        let slots = |service: &Service| {
            crate::slots::offered(&stored.host, service, &stored.rules, &diary, now, fortnight)
        };
        stored
            .services
            .iter()
            .map(|service| pages::Preview {
                title: service.title.clone(),
                slots: slots(service),
            })
            .collect()
    });
    let mut changed = stored.rules.clone();
    if let (Asks::DaysOff, Ok(overrides)) = (typed.asks, typed.days_off.checked(today)) {
        changed.overrides.extend(overrides);
    }
    let stranded = match typed.asks {
        Asks::Nothing => Vec::new(),
        Asks::Week | Asks::DaysOff => {
            slots::rules::stranded(stored.booked.clone(), |b| b.span, &before, &changed)
        }
    };
    let busy: Vec<Span> = stored.taken.busy.iter().map(|busy| busy.span).collect();
    let editor = Editor {
        host: &stored.host,
        week: &week,
        problems: &typed.problems,
        rules: &stored.rules,
        overrides: &stored.rules.overrides,
        one_offs: &stored.one_offs,
        booked: &stored.booked,
        busy: &busy,
        preview: preview.as_deref(),
        stranded: &stranded,
        is_about_days_off: typed.asks == Asks::DaysOff,
        days_off: &typed.days_off,
        once: &typed.once,
        now,
    };
    Ok(page(status, pages::editor(&visitor.chrome, &editor)))
}

/// Saves the week, or only shows what would follow from it.
async fn week(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    let id = visitor.having(Role::Alumnus)?.id;
    let mut week = WeekForm::read(&form.fields)?;
    let action = form.fields.one("action")?;
    if let Some(word) = action.strip_prefix("copy-") {
        let day = WEEKDAYS.iter().position(|(w, _)| *w == word);
        week.copy_to_weekdays(day.ok_or_else(|| Error::bad_request("action", "names no day"))?);
        return show_editor(
            &app,
            visitor,
            StatusCode::OK,
            Typed {
                week: Some(week),
                ..Typed::nothing()
            },
        )
        .await;
    }
    let availability = match week.checked() {
        Ok(availability) => availability,
        Err(problems) => {
            let typed = Typed {
                week: Some(week),
                problems,
                ..Typed::nothing()
            };
            return show_editor(&app, visitor, StatusCode::UNPROCESSABLE_ENTITY, typed).await;
        }
    };
    if action == "preview" {
        let typed = Typed {
            week: Some(week),
            wants_preview: true,
            asks: Asks::Week,
            ..Typed::nothing()
        };
        return show_editor(&app, visitor, StatusCode::OK, typed).await;
    }
    if action != "save-anyway" {
        let stored = load(&app, visitor).await?;
        let mut changed = stored.rules.clone();
        changed.weekly = availability.weekly.clone();
        if !slots::rules::stranded(stored.booked, |b| b.span, &stored.rules, &changed).is_empty() {
            let typed = Typed {
                week: Some(week),
                asks: Asks::Week,
                ..Typed::nothing()
            };
            return show_editor(&app, visitor, StatusCode::CONFLICT, typed).await;
        }
    }
    app.transaction(move |tx| availability::save(tx, id, &availability))
        .await?;
    Ok(see_other(&request, "/me/availability", Some(Notice::SAVED)))
}

/// Says where the host lives: only then do hours mean anything.
async fn confirm_zone(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = form.visitor.having(Role::Alumnus)?.id;
    let typed = form.fields.one("zone")?;
    let zone = match Zone::named(typed) {
        Ok(zone) => zone.name().to_owned(),
        Err(unknown) => {
            let problems = Problems::one("zone", unknown.to_string());
            let markup = pages::where_you_live(&form.visitor.chrome, typed, &problems);
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup));
        }
    };
    app.transaction(move |tx| availability::confirm_zone(tx, id, &zone))
        .await?;
    let next = Notice::new("Saved. Now say when you can be booked.");
    Ok(see_other(&request, "/me/availability", Some(next)))
}

async fn add_once(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let person = form.visitor.having(Role::Alumnus)?;
    let (id, now) = (person.id, app.now());
    let text = form.fields.one("once")?;
    match typed::one_off(text, &person.zone(), now) {
        Ok(spans) => {
            app.transaction(move |tx| availability::add_one_offs(tx, id, &spans))
                .await?;
            Ok(see_other(
                &request,
                "/me/availability",
                Some(Notice::new("Students can now book these times.")),
            ))
        }
        Err(problem) => {
            let problems = Problems::one("once", problem);
            let typed = Typed {
                once: input::line(text),
                problems,
                ..Typed::nothing()
            };
            show_editor(&app, &form.visitor, StatusCode::UNPROCESSABLE_ENTITY, typed).await
        }
    }
}

async fn remove_once(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = form.visitor.having(Role::Alumnus)?.id;
    let once: OneOffId = form
        .fields
        .one("id")?
        .parse()
        .map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| availability::remove_one_off(tx, id, once))
        .await?;
    Ok(see_other(
        &request,
        "/me/availability",
        Some(Notice::REMOVED),
    ))
}

async fn add_dates(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = form.visitor.having(Role::Alumnus)?;
    let id = person.id;
    let days_off = OverrideForm::read(&form.fields)?;
    let today = slots::rules::today(&person.zone(), app.now());
    let overrides = match days_off.checked(today) {
        Ok(overrides) => overrides,
        Err(problems) => {
            let typed = Typed {
                days_off,
                problems,
                ..Typed::nothing()
            };
            return show_editor(&app, &form.visitor, StatusCode::UNPROCESSABLE_ENTITY, typed).await;
        }
    };
    if form.fields.one("action")? != "save-anyway" {
        let stored = load(&app, &form.visitor).await?;
        let mut changed = stored.rules.clone();
        changed.overrides.extend(overrides.clone());
        if !slots::rules::stranded(stored.booked, |b| b.span, &stored.rules, &changed).is_empty() {
            let typed = Typed {
                days_off,
                asks: Asks::DaysOff,
                ..Typed::nothing()
            };
            return show_editor(&app, &form.visitor, StatusCode::CONFLICT, typed).await;
        }
    }
    app.transaction(move |tx| availability::add_overrides(tx, id, &overrides, today))
        .await?;
    Ok(see_other(&request, "/me/availability", Some(Notice::SAVED)))
}

async fn remove_dates(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let id = form.visitor.having(Role::Alumnus)?.id;
    let date = input::date(form.fields.one("date")?).ok_or(Error::NotFound)?;
    app.transaction(move |tx| availability::remove_override(tx, id, date))
        .await?;
    Ok(see_other(
        &request,
        "/me/availability",
        Some(Notice::REMOVED),
    ))
}
