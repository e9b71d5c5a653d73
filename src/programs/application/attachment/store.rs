//! Every query about files of applications.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use crate::{
    db::{
        ApplicationId, Conn, FileId, PersonId,
        schema::{application_files, applications},
    },
    uploads::{NewFile, kind::FileKind},
};

/// A file of an application.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = application_files)]
pub struct Attachment {
    /// The name of the question.
    pub field: String,
    pub name: String,
    pub kind: FileKind,
}

pub fn insert(
    conn: &mut Conn,
    of: ApplicationId,
    by: PersonId,
    field: &str,
    file: &NewFile,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(application_files::table)
        .values((
            application_files::id.eq(file.id),
            application_files::application_id.eq(of),
            application_files::person_id.eq(by),
            application_files::field.eq(field),
            application_files::name.eq(&file.name),
            application_files::kind.eq(file.kind),
            application_files::bytes.eq(file.bytes),
            application_files::added_at.eq(now),
        ))
        .execute(conn)
        .map(drop)
}

/// Every file of an application, with its id.
pub fn of(conn: &mut Conn, of: ApplicationId) -> QueryResult<Vec<(FileId, Attachment)>> {
    application_files::table
        .filter(application_files::application_id.eq(of))
        .select((application_files::id, Attachment::as_select()))
        .load(conn)
}

/// A file of an application; of another one it is not found.
pub fn find(conn: &mut Conn, of: ApplicationId, id: FileId) -> QueryResult<Option<Attachment>> {
    application_files::table
        .find(id)
        .filter(application_files::application_id.eq(of))
        .select(Attachment::as_select())
        .first(conn)
        .optional()
}

/// As [`find`], to the author of the application alone.
pub fn own(
    conn: &mut Conn,
    of: ApplicationId,
    id: FileId,
    author: PersonId,
) -> QueryResult<Option<Attachment>> {
    application_files::table
        .inner_join(applications::table)
        .filter(application_files::id.eq(id))
        .filter(applications::id.eq(of))
        .filter(applications::person_id.eq(author))
        .select(Attachment::as_select())
        .first(conn)
        .optional()
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::Uuid)]
    id: FileId,
}

/// Files that no answer names and that came before a moment.
pub fn unnamed(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<Vec<FileId>> {
    let rows: Vec<Row> = diesel::sql_query(
        "select f.id from application_files f left join applications a on a.id = f.application_id \
         where f.added_at < $1 and not coalesce(a.answers -> f.field ? f.id::text, false)",
    )
    .bind::<sql_types::Timestamptz, _>(before)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct IsThere {
    #[diesel(sql_type = sql_types::Bool)]
    is_there: bool,
}

/// All of them, for a backup: also of a database from before there were any.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<FileId>> {
    let found: IsThere =
        diesel::sql_query("select to_regclass('application_files') is not null as is_there")
            .get_result(conn)?;
    if !found.is_there {
        return Ok(Vec::new());
    }
    application_files::table
        .order(application_files::id)
        .select(application_files::id)
        .load(conn)
}
