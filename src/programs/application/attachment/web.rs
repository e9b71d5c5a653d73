//! Routes of files of applications: to their authors, and to those who read them for the program.

use actix_web::{
    HttpResponse,
    web::{Data, Path, ServiceConfig, get, resource},
};

use super::{
    named,
    store::{self, Attachment},
};
use crate::{
    app::App,
    db::{ApplicationId, FileId},
    error::Error,
    people::{
        audit::{AuditAction, record},
        visitor::Visitor,
    },
    programs::{
        application::{self, ApplicationStatus},
        reread::reread,
        review::{self, reading::read_by, rules},
        staff::{StaffRole, access},
    },
    uploads::{self, kind::safe_name},
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/applications/{id}/files/{file}").route(get().to(to_author)))
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/applications/{id}/files/{file}")
                .route(get().to(to_staff)),
        );
}

fn ids(application: &str, file: &str) -> Result<(ApplicationId, FileId), Error> {
    let application = application.parse().map_err(|_| Error::NotFound)?;
    let file = file.parse().map_err(|_| Error::NotFound)?;
    Ok((application, file))
}

async fn to_author(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let author = visitor.signed_in()?.id;
    let (id, file) = ids(&path.0, &path.1)?;
    let found = app
        .read::<_, Error>(move |conn| Ok(store::own(conn, id, file, author)?))
        .await?
        .ok_or(Error::NotFound)?;
    send(&app, file, found).await
}

/// The file of an answer that the reader may read, of an application that has been sent.
async fn to_staff(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (slug, cohort, id, file) = path.into_inner();
    let names = (slug.as_str(), cohort.as_str());
    let access = access::cohort(&app, &visitor, names, StaffRole::Reader).await?;
    let (id, file) = ids(&id, &file)?;
    let (by, reader) = (visitor.by(), visitor.signed_in()?.id);
    let found = app
        .transaction::<_, Error>(move |tx| {
            let (application, author) =
                application::store::with_author(tx, id)?.ok_or(Error::NotFound)?;
            let is_sent = application.status == ApplicationStatus::Submitted;
            let is_here = application.cohort_id == access.cohort.id;
            if !is_here || !is_sent || author.id == reader {
                return Err(Error::NotFound);
            }
            let mut found = store::find(tx, id, file)?.ok_or(Error::NotFound)?;
            let form = review::store::form_of(tx, access.program.id, application.version)?;
            let form = reread(&form)?;
            let field = form.fields.iter().find(|field| field.name == found.field);
            let is_readable = field.is_some_and(|field| rules::may_read(field, access.role));
            let answer = application.answers.of(&found.field);
            if !is_readable || named(answer).is_none_or(|(named, _)| named != file) {
                return Err(Error::NotFound);
            }
            if read_by(tx, &access.cohort, access.role, reader)?
                .reading
                .is_blind
            {
                // Its own name may be that of its author.
                found.name = safe_name(&rules::short(id), found.kind);
            }
            let detail = id.to_string();
            record::record(
                tx,
                &by,
                AuditAction::ApplicationViewed,
                Some(author.id),
                &detail,
            )?;
            Ok(found)
        })
        .await?;
    send(&app, file, found).await
}

async fn send(app: &App, id: FileId, file: Attachment) -> Result<HttpResponse, Error> {
    let folder = app.config.data_dir.clone();
    let content = uploads::blocking(move || uploads::read(&folder, id)).await?;
    Ok(uploads::attachment(file.name, file.kind, content))
}
