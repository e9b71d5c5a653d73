//! What administrators say of the site itself: its name, colour, logo, contact and privacy notice.

use std::io::Cursor;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use image::{ImageFormat, ImageReader, Limits, imageops::FilterType};
use maud::html;

use crate::{
    app::{self, App},
    error::Error,
    html::{
        Notice, Page,
        form::{self, Field},
    },
    identity::{Identity, IdentityForm},
    input::Problems,
    people::{
        Role,
        audit::{AuditAction, By, record},
        visitor::{Form, Upload, Visitor, page, see_other},
    },
    uploads,
};

const HERE: &str = "/admin/identity";
/// What a logo is scaled down to.
const WIDEST: u32 = 480;
const HIGHEST: u32 = 96;
/// Largest upload.
const LARGEST: usize = 2 * 1024 * 1024;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/admin/identity")
                .route(get().to(identity_page))
                .route(post().to(save)),
        )
        .service(resource("/admin/identity/logo").route(post().to(upload)))
        .service(resource("/admin/identity/logo/remove").route(post().to(remove)))
        .service(resource("/logo/{print}").route(get().to(logo)));
}

async fn identity_page(app: Data<App>, visitor: Visitor) -> Result<HttpResponse, Error> {
    visitor.having(Role::Admin)?;
    let values = IdentityForm::of(&app.brand().identity);
    Ok(show(
        &visitor,
        &values,
        StatusCode::OK,
        &Problems::default(),
    ))
}

fn show(
    visitor: &Visitor,
    values: &IdentityForm,
    status: StatusCode,
    problems: &Problems,
) -> HttpResponse {
    let chrome = &visitor.chrome;
    let body = html! {
        div.narrow {
            p {
                a href="/coordinate" { "Coordination" }
            }
            h1 { "Name and look" }
            p.lead { "Shown on pages, in emails and in calendars." }
            (form::summary(problems))
            form.stack method="post" action=(HERE) {
                (chrome.csrf_field())
                ({
                    Field::new("name", "Name of the site", &values.name)
                        .hint("For example: Career Office, University of Example.")
                        .required()
                        .longest(60)
                        .problems(problems)
                        .input()
                })
                ({
                    Field::new("accent", "Colour", &values.accent)
                        .hint(
                            "A dark shade such as #1b3a8c, for links and buttons. Leave empty for green. The dark theme gets a lighter shade of it.",
                        )
                        .longest(7)
                        .problems(problems)
                        .input()
                })
                ({
                    Field::new("contact", "Contact", &values.contact)
                        .hint(
                            "Shown at the bottom of every page and email. For example: careers@example.org, room 12.",
                        )
                        .longest(120)
                        .problems(problems)
                        .input()
                })
                ({
                    Field::new("privacy", "Privacy notice", &values.privacy)
                        .hint(
                            "In Markdown. Everybody is asked to agree again when it changes. Leave empty to keep the one that comes with the site.",
                        )
                        .longest(20_000)
                        .problems(problems)
                        .text_area(8)
                })
                div.row {
                    button.button { "Save" }
                }
            }
            section aria-labelledby="logo" {
                h2 #logo { "Logo" }
                @if let Some(logo) = &chrome.brand.logo {
                    p {
                        img src=(logo) alt="The logo as it is now";
                    }
                    form method="post" action="/admin/identity/logo/remove" {
                        (chrome.csrf_field())
                        button.button.is-quiet.is-small { "Remove the logo" }
                    }
                }
                form
                    .stack
                    method="post"
                    action="/admin/identity/logo"
                    enctype="multipart/form-data"
                {
                    (chrome.csrf_field())
                    ({
                        Field::new("file", "Picture", "")
                            .kind("file")
                            .hint(
                                "PNG, JPEG or WebP, up to 2 MB and 2000 pixels a side. It is shown 32 pixels high.",
                            )
                            .problems(problems)
                            .input()
                    })
                    div.row {
                        button.button.is-quiet { "Upload" }
                    }
                }
            }
        }
    };
    let markup = Page {
        chrome,
        title: "Name and look",
        body,
    };
    page(status, markup.render())
}

/// Changes what there is by then, and notes who did. Two at once come one after the other.
async fn keep(
    app: &App,
    by: By,
    detail: &'static str,
    change: impl Fn(&mut Identity) + Send + 'static,
) -> Result<(), Error> {
    app.transaction::<_, Error>(move |tx| {
        let mut identity = app::store::lock(tx)?;
        change(&mut identity);
        app::store::write(tx, &identity)?;
        Ok(record::record(
            tx,
            &by,
            AuditAction::SettingsChanged,
            None,
            detail,
        )?)
    })
    .await?;
    app.refresh_brand().await
}

async fn save(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    form.visitor.having(Role::Admin)?;
    let own = |name: &str| form.fields.given(name).map(str::to_owned);
    let values = IdentityForm {
        name: own("name")?,
        accent: own("accent")?,
        contact: own("contact")?,
        privacy: own("privacy")?,
    };
    match values.checked() {
        Ok(wanted) => {
            let change = move |identity: &mut Identity| {
                let logo = identity.logo.take();
                *identity = Identity {
                    logo,
                    ..wanted.clone()
                };
            };
            keep(&app, form.visitor.by(), "name and look", change).await?;
            Ok(see_other(&request, HERE, Some(Notice::SAVED)))
        }
        Err(problems) => Ok(show(
            &form.visitor,
            &values,
            StatusCode::UNPROCESSABLE_ENTITY,
            &problems,
        )),
    }
}

async fn upload(
    app: Data<App>,
    upload: Upload,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = upload.form.visitor;
    app.limits.photo(visitor.having(Role::Admin)?.id)?;
    let by = visitor.by();
    let work = move || {
        let bytes = upload.file.map(|file| file.content.read()).transpose();
        let bytes = bytes.map_err(uploads::failed)?.unwrap_or_default();
        Ok(scaled(&bytes))
    };
    match app.workshop.run(work).await? {
        Some(png) => {
            let change = move |identity: &mut Identity| identity.logo = Some(png.clone());
            keep(&app, by, "logo", change).await?;
            Ok(see_other(&request, HERE, Some(Notice::SAVED)))
        }
        None => {
            let problem =
                "must be a PNG, JPEG or WebP picture of at most 2 MB and 2000 pixels a side";
            let values = IdentityForm::of(&app.brand().identity);
            let problems = Problems::one("file", problem);
            Ok(show(
                &visitor,
                &values,
                StatusCode::UNPROCESSABLE_ENTITY,
                &problems,
            ))
        }
    }
}

/// A picture as a PNG that is small enough for every page; None of what is none.
fn scaled(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() > LARGEST {
        return None;
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(2000);
    limits.max_image_height = Some(2000);
    limits.max_alloc = Some(32_000_000);
    reader.limits(limits);
    let picture = reader.decode().ok()?;
    let picture = match picture.width() > WIDEST || picture.height() > HIGHEST {
        // Well only from near by: from far it takes seconds.
        true => {
            picture
                .thumbnail(WIDEST * 2, HIGHEST * 2)
                .resize(WIDEST, HIGHEST, FilterType::Lanczos3)
        }
        false => picture,
    };
    let mut png = Vec::new();
    picture
        .to_rgba8()
        .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
        .ok()?;
    Some(png)
}

async fn remove(app: Data<App>, form: Form, request: HttpRequest) -> Result<HttpResponse, Error> {
    form.visitor.having(Role::Admin)?;
    keep(&app, form.visitor.by(), "logo", |identity| {
        identity.logo = None
    })
    .await?;
    Ok(see_other(&request, HERE, Some(Notice::REMOVED)))
}

/// The logo. Its address changes with it.
async fn logo(app: Data<App>, print: Path<String>) -> Result<HttpResponse, Error> {
    let brand = app.brand();
    let is_it = brand.logo.as_deref() == Some(&format!("/logo/{print}"));
    match &brand.identity.logo {
        Some(png) if is_it => Ok(HttpResponse::Ok()
            .content_type("image/png")
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(png.clone())),
        _ => Err(Error::NotFound),
    }
}
