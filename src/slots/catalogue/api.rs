//! The JSON API about the catalogue.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Entry, store};
use crate::{
    app::App,
    error::Error,
    html::form::Fields,
    json::{self, Problem, endpoints::Endpoint},
    people::visitor::MayBrowse,
    slots::{Question, ServiceKind},
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![list_kinds]
}

/// A kind of service, and what a new service of it asks for unless its owner says otherwise.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindBody {
    kind: ServiceKind,
    title: String,
    needs_file: bool,
    questions: Vec<Question>,
    /// Whether new services of this kind can be created.
    active: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KindsBody {
    kinds: Vec<KindBody>,
}

impl KindBody {
    fn new(entry: Entry) -> Self {
        Self {
            kind: entry.kind,
            title: entry.title,
            needs_file: entry.needs_file,
            questions: entry.questions.0,
            active: entry.retired_at.is_none(),
        }
    }
}

#[utoipa::path(get, path = "/api/v1/service-kinds", tag = "alumni",
    responses((status = 200, body = KindsBody, description = "What services can be about, in the order of the site"), (status = 400, body = Problem)))]
pub async fn list_kinds(
    _: MayBrowse,
    app: Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    json::only(&Fields::parse(request.query_string())?, &[])?;
    let catalogue = app.read::<_, Error>(|conn| Ok(store::all(conn)?)).await?;
    let kinds = catalogue.0.into_iter().map(KindBody::new).collect();
    Ok(HttpResponse::Ok().json(KindsBody { kinds }))
}
