//! Routes on which the staff of a program reads applications.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Bytes, Data, Path, ServiceConfig, get, post, resource},
};
use futures_util::stream;

use super::{
    pages::{self, Reads, Table},
    reading::{ReadBy, read_by},
    rules::{self, Filter},
    save::{self, ReviewError},
    sheet,
    store::{self, Reading, Row, SavedFilter},
};
use crate::{
    app::App,
    db::{ApplicationId, FilterId, Paging, PersonId},
    error::Error,
    html::{Notice, form::Fields, pager},
    input::{self, Problems},
    people::{
        audit::{AuditAction, record},
        visitor::{Form, Visitor, page, see_other},
    },
    programs::{
        application::{self, ApplicationStatus},
        file::ProgramFile,
        reread::reread,
        staff::{
            self, StaffRole,
            access::{self, CohortAccess},
        },
    },
    spreadsheet,
};

const PER_PAGE: i64 = 50;
/// How many rows of a file are read at once.
const PER_CHUNK: i64 = 500;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/applications")
                .route(get().to(table)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/applications.csv")
                .route(get().to(csv_file)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/applications.xlsx")
                .route(get().to(workbook)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/filters")
                .route(post().to(save_filter)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/filters/{id}/remove")
                .route(post().to(remove_filter)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/applications/{id}")
                .route(get().to(application_page)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/applications/{id}/review")
                .route(post().to(review)),
        )
        .service(
            resource("/coordinate/programs/{slug}/cohorts/{cohort}/applications/{id}/filing")
                .route(post().to(file)),
        );
}

/// The cohort that a path names, to whoever may do what `needed` may, and how they read its applications.
async fn open(
    app: &App,
    visitor: &Visitor,
    names: (&str, &str),
    needed: StaffRole,
) -> Result<(CohortAccess, ReadBy), Error> {
    let access = access::cohort(app, visitor, names, needed).await?;
    let (cohort, role) = (access.cohort.clone(), access.role);
    let reader = visitor.signed_in()?.id;
    let read = app
        .read::<_, Error>(move |conn| read_by(conn, &cohort, role, reader))
        .await?;
    Ok((access, read))
}

fn table_of(slug: &str, cohort: &str) -> String {
    format!("/coordinate/programs/{slug}/cohorts/{cohort}/applications")
}

async fn table(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Fields::parse(request.query_string())?;
    let filter = Filter::read(&query)?;
    let number = pager::page_number(&query)?;
    let undo = query.some("undo")?.map(str::to_owned);
    let (slug, cohort) = path.into_inner();
    let (access, ReadBy { file, reading }) =
        open(&app, &visitor, (&slug, &cohort), StaffRole::Reader).await?;
    let reader = reading.reader;
    let is_blind = reading.is_blind;
    let (by, wanted, program) = (visitor.by(), filter.clone(), access.program.id);
    let detail = format!("{slug}, {cohort}");
    let (mut rows, count, tags, filters) = app
        .transaction::<_, Error>(move |tx| {
            record::record(tx, &by, AuditAction::ApplicationsListed, None, &detail)?;
            let paging = pager::and_one_more(number, PER_PAGE);
            Ok((
                store::rows(tx, &reading, &wanted, paging)?,
                store::count(tx, &reading, &wanted)?,
                store::tags(tx, reading.cohort)?,
                store::filters(tx, program, reader)?,
            ))
        })
        .await?;
    let has_more = pager::cut(&mut rows, PER_PAGE);
    let shown = Table {
        access: &access,
        file: &file,
        rows: &rows,
        count,
        tags: &tags,
        filters: &filters,
        filter: &filter,
        paging: (number, has_more),
        is_blind,
        undo: undo.as_deref(),
    };
    Ok(page(StatusCode::OK, pages::list(&visitor, &shown)))
}

/// What a file of applications is made from.
struct Export {
    access: CohortAccess,
    file: ProgramFile,
    filter: Filter,
    reading: Reading,
}

async fn export(
    app: &App,
    visitor: &Visitor,
    path: Path<(String, String)>,
    request: &HttpRequest,
) -> Result<Export, Error> {
    let filter = Filter::read(&Fields::parse(request.query_string())?)?;
    let (slug, cohort) = path.into_inner();
    let (access, ReadBy { file, mut reading }) =
        open(app, visitor, (&slug, &cohort), StaffRole::Reader).await?;
    reading.with_answers = true;
    let by = visitor.by();
    let detail = format!("{slug}, {cohort}: a file");
    app.transaction::<_, Error>(move |tx| {
        record::record(tx, &by, AuditAction::ApplicationsListed, None, &detail)?;
        Ok(())
    })
    .await?;
    Ok(Export {
        access,
        file,
        filter,
        reading,
    })
}

impl Export {
    fn name(&self, ending: &str) -> String {
        let (slug, cohort) = (&self.access.program.slug, &self.access.cohort.slug);
        format!("attachment; filename=\"{slug}-{cohort}-applications.{ending}\"")
    }

    fn heads(&self) -> Vec<String> {
        sheet::heads(&self.columns(), self.reading.is_blind)
    }

    fn columns(&self) -> Vec<&crate::programs::file::Field> {
        sheet::columns(&self.file, |field| {
            self.reading.readable.contains(&field.name)
        })
    }

    async fn rows(&self, app: &App, offset: i64) -> Result<Vec<Vec<String>>, Error> {
        let (filter, reading) = (self.filter.clone(), self.reading.clone());
        let paging = Paging {
            limit: PER_CHUNK,
            offset,
        };
        let rows: Vec<Row> = app
            .read::<_, Error>(move |conn| Ok(store::rows(conn, &reading, &filter, paging)?))
            .await?;
        let columns = self.columns();
        let cells = |row: &Row| sheet::cells(row, &columns, self.reading.is_blind);
        Ok(rows.iter().map(cells).collect())
    }
}

/// The applications that a filter shows, a part at a time.
async fn csv_file(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let export = export(&app, &visitor, path, &request).await?;
    let name = export.name("csv");
    let written = |rows: &[Vec<String>]| {
        spreadsheet::written(rows).map_err(|error| Error::Internal(error.to_string()))
    };
    let heads = written(&[export.heads()])?;
    let parts = stream::unfold(
        (app, export, Some(0), Some(heads)),
        move |state| async move {
            let (app, export, offset, heads) = state;
            if let Some(heads) = heads {
                return Some((Ok(Bytes::from(heads)), (app, export, offset, None)));
            }
            let offset = offset?;
            let rows = match export.rows(&app, offset).await {
                Ok(rows) if rows.is_empty() => return None,
                Ok(rows) => rows,
                Err(error) => return Some((Err(error), (app, export, None, None))),
            };
            let next = (rows.len() as i64 == PER_CHUNK).then_some(offset + PER_CHUNK);
            let text =
                spreadsheet::written(&rows).map_err(|error| Error::Internal(error.to_string()));
            let text = text.map(|text| Bytes::from(text.trim_start_matches('\u{feff}').to_owned()));
            Some((text, (app, export, next, None)))
        },
    );
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .streaming(parts))
}

async fn workbook(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let export = export(&app, &visitor, path, &request).await?;
    let name = export.name("xlsx");
    let mut all = vec![export.heads()];
    loop {
        let offset = all.len() as i64 - 1;
        let rows = export.rows(&app, offset).await?;
        let is_last = (rows.len() as i64) < PER_CHUNK;
        all.extend(rows);
        if is_last {
            break;
        }
    }
    let bytes = app.workshop.run(move || sheet::workbook(&all)).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(bytes))
}

async fn save_filter(
    app: Data<App>,
    form: Form,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort) = path.into_inner();
    let access = access::cohort(&app, &form.visitor, (&slug, &cohort), StaffRole::Reader).await?;
    let name = input::line(form.fields.one("name")?);
    let filter = Filter::read(&form.fields)?;
    if name.is_empty() || name.chars().count() > 60 {
        return Err(Error::unprocessable(
            "name",
            "must be 1 to 60 characters long",
        ));
    }
    let address = filter.at("", 1);
    let saved = SavedFilter {
        id: FilterId::random(),
        program_id: access.program.id,
        person_id: form.visitor.signed_in()?.id,
        name,
        query: address.trim_start_matches('?').to_owned(),
    };
    app.transaction::<_, Error>(move |tx| Ok(store::put_filter(tx, &saved)?))
        .await?;
    let next = filter.at(&table_of(&slug, &cohort), 1);
    Ok(see_other(
        &request,
        &next,
        Some(Notice::new("Filter saved.")),
    ))
}

async fn remove_filter(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort, id) = path.into_inner();
    access::cohort(&app, &form.visitor, (&slug, &cohort), StaffRole::Reader).await?;
    let id: FilterId = id.parse().map_err(|_| Error::NotFound)?;
    let person = form.visitor.signed_in()?.id;
    app.transaction::<_, Error>(move |tx| Ok(store::remove_filter(tx, id, person)?))
        .await?;
    let notice = Some(Notice::new("Filter removed."));
    Ok(see_other(&request, &table_of(&slug, &cohort), notice))
}

async fn application_page(
    app: Data<App>,
    visitor: Visitor,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let filter = Filter::read(&Fields::parse(request.query_string())?)?;
    let status = StatusCode::OK;
    let again = (&Problems::default(), None);
    show(&app, &visitor, &path, &filter, status, again).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    (slug, cohort, id): &(String, String, String),
    filter: &Filter,
    status: StatusCode,
    (problems, typed): (&Problems, Option<&Fields>),
) -> Result<HttpResponse, Error> {
    let (access, read) = open(app, visitor, (slug, cohort), StaffRole::Reader).await?;
    let ReadBy {
        file: current,
        reading,
    } = read;
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    let (by, wanted, cohort_id) = (visitor.by(), filter.clone(), access.cohort.id);
    let program = access.program.id;
    let reader = reading.reader;
    let is_blind = reading.is_blind;
    let (found, text, reviews, history, staff, around) = app
        .transaction::<_, Error>(move |tx| {
            let (found, author) =
                application::store::with_author(tx, id)?.ok_or(Error::NotFound)?;
            // What has not been sent its author alone reads.
            let is_theirs = found.person_id == reader;
            let is_sent = found.status == ApplicationStatus::Submitted;
            if found.cohort_id != cohort_id || !is_sent || is_theirs {
                return Err(Error::NotFound);
            }
            let text = store::form_of(tx, program, found.version)?;
            let file = reread(&text)?;
            let detail = id.to_string();
            let whose = Some(author.id);
            record::record(tx, &by, AuditAction::ApplicationViewed, whose, &detail)?;
            Ok((
                (found, author),
                file,
                store::reviews(tx, id)?,
                application::store::history(tx, id)?,
                staff::store::all(tx, program)?,
                store::neighbours(tx, &reading, &wanted, id)?,
            ))
        })
        .await?;
    let (application, author) = found;
    let reads = Reads {
        access: &access,
        file: &text,
        rubric: &rules::rubric(&current, application.role),
        application: &application,
        author: &author,
        reviews: &reviews,
        history: &history,
        staff: &staff,
        around,
        filter,
        is_blind,
        reader,
        typed,
    };
    Ok(page(status, pages::application(visitor, &reads, problems)))
}

async fn review(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort, id) = &*path;
    let visitor = &form.visitor;
    let (access, ReadBy { file, .. }) =
        open(&app, visitor, (slug, cohort), StaffRole::Reviewer).await?;
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    let found = app
        .read::<_, Error>(move |conn| Ok(application::store::with_author(conn, id)?))
        .await?;
    let (found, _) = found.ok_or(Error::NotFound)?;
    let filter = Filter::read(&form.fields)?;
    let rubric = rules::rubric(&file, found.role);
    let review = match rules::review(&rubric, &form.fields)? {
        Ok(review) => review,
        Err(problems) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let again = (&problems, Some(&form.fields));
            return show(&app, visitor, &path, &filter, status, again).await;
        }
    };
    let (by, cohort_id) = (visitor.signed_in()?.id, access.cohort.id);
    let saved = app
        .transaction(move |tx| save::review(tx, by, cohort_id, id, &review))
        .await;
    answered(saved)?;
    let next = filter.at(&format!("{}/{id}", table_of(slug, cohort)), 1);
    Ok(see_other(
        &request,
        &next,
        Some(Notice::new("Review saved.")),
    ))
}

fn answered(saved: Result<(), ReviewError>) -> Result<(), Error> {
    saved.map_err(|error| match error {
        ReviewError::NotFound => Error::NotFound,
        ReviewError::NotStaff => {
            Error::unprocessable("reviewer", "must be somebody who runs this program")
        }
        ReviewError::Database(error) => error.into(),
    })
}

/// Tags an application, and says who is to read it.
async fn file(
    app: Data<App>,
    form: Form,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (slug, cohort, id) = &*path;
    let visitor = &form.visitor;
    let names = (slug.as_str(), cohort.as_str());
    let access = access::cohort(&app, visitor, names, StaffRole::Reviewer).await?;
    let id: ApplicationId = id.parse().map_err(|_| Error::NotFound)?;
    let filter = Filter::read(&form.fields)?;
    let tags = match rules::tags(form.fields.one("tags")?) {
        Ok(tags) => tags,
        Err(problems) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return show(&app, visitor, &path, &filter, status, (&problems, None)).await;
        }
    };
    let reviewer: Option<PersonId> = match form.fields.some("reviewer")? {
        None => None,
        Some(id) => Some(
            id.parse()
                .map_err(|_| Error::bad_request("reviewer", "must be one of the list"))?,
        ),
    };
    let (by, cohort_id) = (visitor.signed_in()?.id, access.cohort.id);
    let saved = app
        .transaction(move |tx| save::file(tx, by, cohort_id, id, &tags, reviewer))
        .await;
    answered(saved)?;
    let next = filter.at(&format!("{}/{id}", table_of(slug, cohort)), 1);
    Ok(see_other(&request, &next, Some(Notice::new("Saved."))))
}
