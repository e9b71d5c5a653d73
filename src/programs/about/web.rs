//! Routes of what a program is about.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};

use super::{
    pages::{self, About},
    typed::Typed,
};
use crate::{
    app::App,
    error::Error,
    html::Notice,
    input::Problems,
    people::visitor::{Form, Visitor, page, see_other},
    programs::{
        desk::web::{find, saved, seen},
        file::{ProgramFile, edit::zone_of},
        reread::reread,
        staff::{StaffRole, access},
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        resource("/coordinate/programs/{slug}/about")
            .route(get().to(about))
            .route(post().to(save)),
    );
}

async fn about(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
) -> Result<HttpResponse, Error> {
    access::program(&app, &visitor, &slug, StaffRole::Lead).await?;
    let (_, latest) = find(&app, &slug).await?;
    let file = reread(&latest.text)?;
    let shown = About {
        slug: &slug,
        number: latest.number,
        typed: &Typed::of(&file, &zone_of(&latest.text)),
        file: &file,
        problems: &Problems::default(),
        problem: None,
        is_unsaved: false,
    };
    Ok(page(StatusCode::OK, pages::about(&visitor.chrome, &shown)))
}

/// Saves what was typed as the next version.
async fn save(
    app: Data<App>,
    form: Form,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let visitor = &form.visitor;
    access::program(&app, visitor, &slug, StaffRole::Lead).await?;
    let (program, latest) = find(&app, &slug).await?;
    let (number, before) = seen(&app, &program, latest, &form.fields).await?;
    let file: ProgramFile = reread(&before)?;
    let typed = Typed::read(&form.fields, &file)?;
    let again = |status, problems: &Problems, problem: Option<&str>| {
        let shown = About {
            slug: &slug,
            number,
            file: &file,
            typed: &typed,
            problems,
            problem,
            is_unsaved: true,
        };
        Ok(page(status, pages::about(&visitor.chrome, &shown)))
    };
    let text = match typed.written(&before, &Typed::of(&file, &zone_of(&before))) {
        Ok(text) => text,
        Err(problems) => return again(StatusCode::UNPROCESSABLE_ENTITY, &problems, None),
    };
    match saved(&app, visitor, &program, text, number).await? {
        Ok(said) => {
            let path = format!("/coordinate/programs/{slug}/about");
            Ok(see_other(&request, &path, Some(Notice::saying(said))))
        }
        Err((status, problem)) => again(status, &Problems::default(), Some(problem)),
    }
}
