//! Routes of the waitlist.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use chrono::{DateTime, Days, Utc};

use super::{
    NewWish, WishWindow,
    ask::{self, WishError},
    pages::{self, WishForm},
    rules::{AskedWish, FieldNames},
    store,
};
use crate::{
    app::App,
    db::WishId,
    error::Error,
    html::{Notice, form::Fields},
    input::{Problems, Reader},
    people::{
        Role,
        visitor::{Form, Visitor, page, see_other},
    },
    schedule::{Window, Zone},
    slots::{
        catalogue::{self, Catalogue},
        editor::typed,
        rules::WEEKDAYS,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/waitlist")
                .route(get().to(ask_page))
                .route(post().to(ask)),
        )
        .service(resource("/me/waitlist").route(get().to(list)))
        .service(resource("/me/waitlist/{id}/end").route(post().to(end)));
}

impl WishForm {
    fn read(fields: &Fields) -> Result<Self, Error> {
        let own = |name: &str| fields.one(name).map(str::to_owned);
        let (alumnus, service) = (own("alumnus")?, own("service")?);
        Ok(Self {
            of: (!alumnus.is_empty()).then_some((alumnus, service)),
            kind: own("kind")?,
            topic: own("topic")?,
            days: fields.all("day").map(str::to_owned).collect(),
            hours: own("hours")?,
            until_on: own("until_on")?,
        })
    }

    fn checked(
        &self,
        catalogue: &Catalogue,
        zone: &Zone,
        now: DateTime<Utc>,
    ) -> Result<NewWish, Problems> {
        let mut reader = Reader::default();
        let topic = reader.line("topic", &self.topic, 200);
        let windows = typed::windows(&self.hours).unwrap_or_else(|problem| {
            reader.problems.add("hours", problem);
            Vec::new()
        });
        let windows = match windows.is_empty() {
            true => vec![Window {
                from: 0,
                until: 1440,
            }],
            false => windows,
        };
        let day = |word: &String| WEEKDAYS.iter().position(|(known, _)| known == word);
        let days: Vec<usize> = self.days.iter().filter_map(day).collect();
        let weekly = days.iter().flat_map(|day| {
            windows.iter().map(|window| WishWindow {
                day: *day as u8,
                from: window.from,
                until: window.until,
            })
        });
        let asked = AskedWish {
            of: self.of.clone(),
            kind: Some(self.kind.clone()),
            topics: topic.split(',').map(str::to_owned).collect(),
            zone: zone.clone(),
            weekly: weekly.collect(),
            until_on: reader.date("until_on", &self.until_on),
        };
        let names = FieldNames {
            kind: "kind",
            topics: "topic",
            weekly: "day",
            until_on: "until_on",
        };
        asked.checked(names, reader.problems, catalogue, now)
    }
}

async fn ask_page(
    app: Data<App>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    visitor.having(Role::Student)?;
    let fields = Fields::parse(request.query_string())?;
    let mut typed = WishForm::read(&fields)?;
    let today = visitor.zone.local(app.now()).date_naive();
    if typed.until_on.is_empty() {
        typed.until_on = (today + Days::new(30)).to_string();
    }
    if typed.days.is_empty() {
        typed.days = WEEKDAYS
            .iter()
            .map(|(word, _)| (*word).to_owned())
            .collect();
    }
    show(&app, &visitor, &typed, &Problems::default()).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    typed: &WishForm,
    problems: &Problems,
) -> Result<HttpResponse, Error> {
    let of = typed.of.clone();
    let (named, catalogue) = app
        .read::<_, Error>(move |conn| {
            let named = match &of {
                None => None,
                Some((handle, slug)) => {
                    let named = store::named_service(conn, handle, slug)?;
                    Some(named.ok_or(Error::NotFound)?)
                }
            };
            Ok((named, catalogue::store::all(conn)?))
        })
        .await?;
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let named = named
        .as_ref()
        .map(|(title, name)| (title.as_str(), name.as_str()));
    let markup = pages::ask(
        &visitor.chrome,
        typed,
        named,
        &catalogue,
        problems,
        &visitor.zone,
        app.now(),
    );
    Ok(page(status, markup))
}

async fn ask(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    let guest = form.visitor.having(Role::Student)?.id;
    app.limits.booking(guest)?;
    let typed = WishForm::read(&form.fields)?;
    let now = app.now();
    let catalogue = app
        .read::<_, Error>(|conn| Ok(catalogue::store::all(conn)?))
        .await?;
    let wanted = match typed.checked(&catalogue, &form.visitor.zone, now) {
        Ok(wanted) => wanted,
        Err(problems) => return show(&app, &form.visitor, &typed, &problems).await,
    };
    match app
        .transaction(move |tx| ask::ask(tx, guest, &wanted))
        .await
    {
        Ok(_) => Ok(see_other(
            &request,
            "/me/waitlist",
            Some(Notice::new(
                "You are on the waitlist. When a time suits you, we will hold it for you and email you.",
            )),
        )),
        Err(error @ WishError::TooMany) => {
            let problems = Problems::whole("waitlist", &error);
            show(&app, &form.visitor, &typed, &problems).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn list(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    let (guest, now) = (visitor.signed_in()?.id, app.now());
    let (wishes, catalogue) = app
        .read::<_, Error>(move |conn| {
            let wishes = store::listed(conn, guest, now)?;
            Ok((wishes, catalogue::store::all(conn)?))
        })
        .await?;
    let markup = pages::list(&visitor.chrome, &wishes, &catalogue, &visitor.zone);
    Ok(page(StatusCode::OK, markup))
}

async fn end(
    app: Data<App>,
    form: Form,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let guest = form.visitor.signed_in()?.id;
    let id: WishId = path.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| ask::withdraw(tx, id, guest))
        .await?;
    Ok(see_other(&request, "/me/waitlist", Some(Notice::REMOVED)))
}
