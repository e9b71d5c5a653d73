//! Queries about preparations: files, agendas, notes, and who is to hear of them.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use crate::{
    db::{
        BookingId, Conn, FileId, Kept, NoteId, PersonId,
        schema::{booking_agendas, booking_files, booking_notes, bookings, digests, uploads},
    },
    slots,
    uploads::{NewFile, kind::FileKind},
};

/// A file of a preparation.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = booking_files)]
pub struct File {
    pub id: FileId,
    pub person_id: PersonId,
    pub name: String,
    pub kind: FileKind,
    /// Size in bytes.
    pub bytes: i32,
    pub added_at: DateTime<Utc>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = booking_agendas)]
pub struct Agenda {
    pub words: String,
    pub version: i32,
    pub person_id: PersonId,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = booking_notes)]
pub struct Note {
    pub id: NoteId,
    pub person_id: PersonId,
    pub is_shared: bool,
    pub words: String,
    pub at: DateTime<Utc>,
}

/// What the two have prepared, as far as one of them may see it.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    pub agenda: Option<Agenda>,
    pub files: Vec<File>,
    pub notes: Vec<Note>,
    /// Whether the service asks for a document.
    pub needs_file: bool,
}

/// Every file that a booking names.
pub fn all_named(conn: &mut Conn) -> QueryResult<Vec<FileId>> {
    booking_files::table
        .filter(booking_files::removed_at.is_null())
        .order(booking_files::id)
        .select(booking_files::id)
        .load(conn)
}

/// The files of a preparation, oldest first.
pub fn files(conn: &mut Conn, of: BookingId) -> QueryResult<Vec<File>> {
    booking_files::table
        .filter(booking_files::booking_id.eq(of))
        .filter(booking_files::removed_at.is_null())
        .order((booking_files::added_at, booking_files::id))
        .select(File::as_select())
        .load(conn)
}

/// One file of a booking that `reader` is in; nobody else's is found.
pub fn file(
    conn: &mut Conn,
    of: BookingId,
    id: FileId,
    reader: PersonId,
) -> QueryResult<Option<File>> {
    booking_files::table
        .inner_join(bookings::table)
        .filter(booking_files::id.eq(id))
        .filter(booking_files::booking_id.eq(of))
        .filter(booking_files::removed_at.is_null())
        .filter(
            bookings::guest_id.eq(reader).or(bookings::host_id
                .eq(reader)
                .and(bookings::status.ne(crate::bookings::Status::Held))),
        )
        .select(File::as_select())
        .first(conn)
        .optional()
}

pub fn count_files(conn: &mut Conn, of: BookingId) -> QueryResult<i64> {
    booking_files::table
        .filter(booking_files::booking_id.eq(of))
        .filter(booking_files::removed_at.is_null())
        .count()
        .get_result(conn)
}

pub fn insert_file(
    conn: &mut Conn,
    of: BookingId,
    by: PersonId,
    file: &NewFile,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(booking_files::table)
        .values((
            booking_files::id.eq(file.id),
            booking_files::booking_id.eq(of),
            booking_files::person_id.eq(by),
            booking_files::name.eq(&file.name),
            booking_files::kind.eq(file.kind),
            booking_files::bytes.eq(file.bytes),
            booking_files::added_at.eq(at),
        ))
        .execute(conn)
        .map(drop)
}

/// Removes somebody's own file. Returns whether there was one.
pub fn remove_file(
    conn: &mut Conn,
    of: BookingId,
    id: FileId,
    by: PersonId,
    at: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::update(
        booking_files::table
            .find(id)
            .filter(booking_files::booking_id.eq(of))
            .filter(booking_files::person_id.eq(by))
            .filter(booking_files::removed_at.is_null()),
    )
    .set(booking_files::removed_at.eq(at))
    .execute(conn)
    .map(|rows| rows > 0)
}

/// Lets the files of a hold that ran out go on with the booking that took its place.
pub fn carry_files(conn: &mut Conn, from: BookingId, to: BookingId) -> QueryResult<()> {
    diesel::update(booking_files::table.filter(booking_files::booking_id.eq(from)))
        .set(booking_files::booking_id.eq(to))
        .execute(conn)
        .map(drop)
}

/// Marks the files of sessions that ended before `over`, and of holds that ended before `let_go`, as
/// removed. Returns all that are removed and still take room.
pub fn outdated_files(
    conn: &mut Conn,
    over: DateTime<Utc>,
    let_go: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<FileId>> {
    let was_held = bookings::status
        .eq(crate::bookings::Status::Expired)
        .and(bookings::cancelled_at.is_null())
        .and(bookings::updated_at.lt(let_go));
    let old = bookings::table
        .filter(bookings::ends_at.lt(over).or(was_held))
        .select(bookings::id);
    diesel::update(
        booking_files::table
            .filter(booking_files::removed_at.is_null())
            .filter(booking_files::booking_id.eq_any(old)),
    )
    .set(booking_files::removed_at.eq(now))
    .execute(conn)?;
    booking_files::table
        .inner_join(uploads::table.on(uploads::id.eq(booking_files::id)))
        .filter(booking_files::removed_at.is_not_null())
        .select(booking_files::id)
        .load(conn)
}

pub fn agenda(conn: &mut Conn, of: BookingId) -> QueryResult<Option<Agenda>> {
    booking_agendas::table
        .find(of)
        .select(Agenda::as_select())
        .first(conn)
        .optional()
}

pub fn put_agenda(
    conn: &mut Conn,
    of: BookingId,
    by: PersonId,
    words: &str,
    version: i32,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let values = (
        booking_agendas::words.eq(words),
        booking_agendas::version.eq(version),
        booking_agendas::person_id.eq(by),
        booking_agendas::at.eq(at),
    );
    diesel::insert_into(booking_agendas::table)
        .values((booking_agendas::booking_id.eq(of), values))
        .on_conflict(booking_agendas::booking_id)
        .do_update()
        .set(values)
        .execute(conn)
        .map(drop)
}

/// The notes that somebody may read: shared ones and own ones, oldest first.
pub fn notes(conn: &mut Conn, of: BookingId, reader: PersonId) -> QueryResult<Vec<Note>> {
    booking_notes::table
        .filter(booking_notes::booking_id.eq(of))
        .filter(
            booking_notes::is_shared
                .eq(true)
                .or(booking_notes::person_id.eq(reader)),
        )
        .order((booking_notes::at, booking_notes::id))
        .select(Note::as_select())
        .load(conn)
}

pub fn count_notes(conn: &mut Conn, of: BookingId, by: PersonId) -> QueryResult<i64> {
    booking_notes::table
        .filter(booking_notes::booking_id.eq(of))
        .filter(booking_notes::person_id.eq(by))
        .count()
        .get_result(conn)
}

pub fn insert_note(
    conn: &mut Conn,
    of: BookingId,
    id: NoteId,
    by: PersonId,
    words: &str,
    is_shared: bool,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(booking_notes::table)
        .values((
            booking_notes::id.eq(id),
            booking_notes::booking_id.eq(of),
            booking_notes::person_id.eq(by),
            booking_notes::is_shared.eq(is_shared),
            booking_notes::words.eq(words),
            booking_notes::at.eq(at),
        ))
        .execute(conn)
        .map(drop)
}

/// Removes somebody's own note. Returns whether there was one.
pub fn remove_note(conn: &mut Conn, of: BookingId, id: NoteId, by: PersonId) -> QueryResult<bool> {
    diesel::delete(
        booking_notes::table
            .find(id)
            .filter(booking_notes::booking_id.eq(of))
            .filter(booking_notes::person_id.eq(by)),
    )
    .execute(conn)
    .map(|rows| rows > 0)
}

/// Notes that somebody has to be told what the other person prepares from now on.
pub fn note_digest(
    conn: &mut Conn,
    of: BookingId,
    reader: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(digests::table)
        .values((
            digests::booking_id.eq(of),
            digests::reader_id.eq(reader),
            digests::since.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

/// Takes up who is to hear now: of what began to gather before `since`, or before a session that begins
/// before `soon`.
pub fn due_digests(
    conn: &mut Conn,
    since: DateTime<Utc>,
    soon: DateTime<Utc>,
) -> QueryResult<Vec<(BookingId, PersonId, DateTime<Utc>)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        booking_id: BookingId,
        #[diesel(sql_type = sql_types::Uuid)]
        reader_id: PersonId,
        #[diesel(sql_type = sql_types::Timestamptz)]
        since: DateTime<Utc>,
    }
    // Digests are few, so each looks its booking up.
    let rows: Vec<Row> = Kept(
        diesel::sql_query(
            "delete from digests d where d.since <= $1 \
                or (select b.starts_at <= $2 from bookings b where b.id = d.booking_id) \
             returning booking_id, reader_id, since",
        )
        .bind::<sql_types::Timestamptz, _>(since)
        .bind::<sql_types::Timestamptz, _>(soon),
    )
    .load(conn)?;
    let due = |row: Row| (row.booking_id, row.reader_id, row.since);
    Ok(rows.into_iter().map(due).collect())
}

#[derive(QueryableByName)]
struct Nudged {
    #[diesel(sql_type = sql_types::Uuid)]
    id: BookingId,
}

/// Marks the sessions before `until` for which something that their service asks for is missing, each
/// once. Who has booked within the last hour may still be at it.
pub fn nudge(
    conn: &mut Conn,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> QueryResult<Vec<BookingId>> {
    let rows: Vec<Nudged> = Kept(
        diesel::sql_query(
            "update bookings b set nudged_at = $1 from services s \
             where s.id = b.service_id and s.needs_file and b.status = 'confirmed' and b.nudged_at is null \
               and b.starts_at > $1 and b.starts_at <= $2 and b.created_at <= $1 - interval '1 hour' \
               and b.material_link = '' \
               and not exists (select from booking_files f where f.booking_id = b.id and f.removed_at is null) \
             returning b.id",
        )
        .bind::<sql_types::Timestamptz, _>(now)
        .bind::<sql_types::Timestamptz, _>(until),
    )
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What has been prepared, as far as `reader` may see it.
pub fn prepared(conn: &mut Conn, id: BookingId, reader: PersonId) -> QueryResult<Prepared> {
    Ok(Prepared {
        agenda: agenda(conn, id)?,
        files: files(conn, id)?,
        notes: notes(conn, id, reader)?,
        needs_file: slots::store::asks_for_file(conn, id)?,
    })
}
