//! The JSON API of tokens. It makes none: that takes a browser that somebody has signed in to.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiToken, make, store};
use crate::{
    app::App,
    db::ApiTokenId,
    error::Error,
    json::{Problem, endpoints::Endpoint},
    people::visitor::ApiCaller,
};

pub fn endpoints() -> Vec<Endpoint> {
    crate::endpoints![list_tokens, delete_token]
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenBody {
    id: ApiTokenId,
    name: String,
    created_at: DateTime<Utc>,
    /// Null if it works until it is revoked.
    expires_at: Option<DateTime<Utc>>,
    /// To within an hour; null if it was never used.
    used_at: Option<DateTime<Utc>>,
}

impl From<ApiToken> for TokenBody {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            created_at: token.created_at,
            expires_at: token.expires_at,
            used_at: token.used_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TokensBody {
    tokens: Vec<TokenBody>,
}

#[utoipa::path(get, path = "/api/v1/me/tokens", tag = "tokens", security(("token" = [])),
    responses((status = 200, body = TokensBody), (status = 401, body = Problem)))]
pub async fn list_tokens(app: Data<App>, caller: ApiCaller) -> Result<HttpResponse, Error> {
    let owner = caller.person.id;
    let tokens = app
        .read::<_, Error>(move |conn| Ok(store::of(conn, owner)?))
        .await?;
    let tokens = tokens.into_iter().map(TokenBody::from).collect();
    Ok(HttpResponse::Ok().json(TokensBody { tokens }))
}

/// Revokes a token; it may be the token that this request uses.
#[utoipa::path(delete, path = "/api/v1/me/tokens/{id}", tag = "tokens", security(("token" = [])), params(("id" = ApiTokenId, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn delete_token(
    app: Data<App>,
    caller: ApiCaller,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let (owner, by) = (caller.person.id, caller.by());
    let id: ApiTokenId = path.parse().map_err(|_| Error::NotFound)?;
    app.transaction(move |tx| make::revoke(tx, &by, owner, id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
