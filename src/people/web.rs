//! The route by which anybody chooses light or dark.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::time::Duration,
    web::{Data, ServiceConfig, post, resource},
};

use super::visitor::{CookieName, Form, see_other, set_cookie};
use crate::{
    app::App,
    error::Error,
    html::{Theme, form},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/theme").route(post().to(set_theme)));
}

async fn set_theme(
    app: Data<App>,
    form: Form,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let theme = Theme::parse(form.fields.one("theme")?);
    let value = if theme == Theme::Auto {
        ""
    } else {
        theme.as_str()
    };
    set_cookie(
        &request,
        CookieName::Theme.bake(&app.config, value, Duration::days(365)),
    );
    let next = form::own_path(form.fields.one("next")?);
    Ok(see_other(&request, next, None))
}
