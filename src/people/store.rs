//! Every query that starts from people.

use chrono::{DateTime, Utc};
use diesel::{
    Connection,
    dsl::{exists, select, sql},
    prelude::*,
    sql_types,
};

use super::{
    Person, Role, Roles, Standing,
    rules::{self, CheckedSettings},
};
use crate::{
    db::{
        self, Conn, PersonId, Tx,
        schema::{
            api_tokens, email_domains, join_requests, people, profiles, sessions, sign_in_links,
            unconfirmed_zones, unsubscribed,
        },
        violates,
    },
    input,
};

diesel::define_sql_function! {
    /// As `rules::plain_mailbox`.
    fn plain_mailbox(email: sql_types::Text) -> sql_types::Text;
}

pub fn person(conn: &mut Conn, id: PersonId) -> QueryResult<Person> {
    people::table
        .find(id)
        .select(Person::as_select())
        .first(conn)
}

pub fn person_by_email(conn: &mut Conn, email: &str) -> QueryResult<Option<Person>> {
    people::table
        .filter(people::email.eq(email))
        .select(Person::as_select())
        .first(conn)
        .optional()
}

/// Locks people in id order, so that two transactions never wait for each other.
/// Returns those that exist, in id order. The time of the transaction begins anew under the lock.
pub fn lock(tx: &mut Tx, ids: &[PersonId]) -> QueryResult<Vec<Person>> {
    tx.locked();
    people::table
        .filter(people::id.eq_any(ids))
        .order(people::id)
        .select(Person::as_select())
        .for_no_key_update()
        .load(&mut **tx)
}

/// Locks everybody whom `concerned` names, as `lock` does. If it names somebody else under the lock, the
/// transaction is done again.
pub fn lock_concerned(
    tx: &mut Tx,
    concerned: impl Fn(&mut Tx) -> QueryResult<Vec<PersonId>>,
) -> QueryResult<Vec<Person>> {
    let named = concerned(tx)?;
    let people = lock(tx, &named)?;
    let is_known = |id: &PersonId| named.contains(id);
    if concerned(tx)?.iter().all(is_known) {
        Ok(people)
    } else {
        Err(db::overtaken())
    }
}

/// The person, locked as by `lock`; None if somebody else has the lock at this moment.
pub fn lock_if_free(tx: &mut Tx, id: PersonId) -> QueryResult<Option<Person>> {
    people::table
        .find(id)
        .select(Person::as_select())
        .for_no_key_update()
        .skip_locked()
        .first(&mut **tx)
        .optional()
}

pub fn insert(conn: &mut Conn, person: &Person) -> QueryResult<()> {
    diesel::insert_into(people::table)
        .values(person)
        .execute(conn)?;
    if person.is(Role::Alumnus) {
        make_profile(conn, person.id, &person.name)?;
    }
    Ok(())
}

/// As `insert`, for many.
pub fn insert_many(conn: &mut Conn, people: &[Person]) -> QueryResult<()> {
    // Postgres takes 65,535 parameters, eight of a person.
    for some in people.chunks(2000) {
        diesel::insert_into(people::table)
            .values(some)
            .execute(conn)?;
    }
    let alumni: Vec<&Person> = people.iter().filter(|p| p.is(Role::Alumnus)).collect();
    for some in alumni.chunks(2000) {
        let rows: Vec<_> = some
            .iter()
            .map(|p| {
                (
                    profiles::person_id.eq(p.id),
                    profiles::handle.eq(handle(&p.name)),
                )
            })
            .collect();
        let made: Vec<PersonId> = diesel::insert_into(profiles::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .returning(profiles::person_id)
            .get_results(conn)?;
        let made: std::collections::HashSet<PersonId> = made.into_iter().collect();
        // Whose name somebody else has, too.
        for person in some.iter().filter(|p| !made.contains(&p.id)) {
            make_profile(conn, person.id, &person.name)?;
        }
    }
    Ok(())
}

/// Those of these addresses who have an account.
pub fn people_by_email(conn: &mut Conn, emails: &[&str]) -> QueryResult<Vec<Person>> {
    people::table
        .filter(people::email.eq_any(emails))
        .select(Person::as_select())
        .load(conn)
}

/// When a person wants to be reminded, in minutes before a session.
pub fn reminders(conn: &mut Conn, of: PersonId) -> QueryResult<Vec<i32>> {
    let minutes: Vec<Option<i32>> = people::table
        .find(of)
        .select(people::reminders)
        .first(conn)?;
    Ok(minutes.into_iter().flatten().collect())
}

pub fn set_reminders(conn: &mut Conn, of: PersonId, minutes: &[i32]) -> QueryResult<()> {
    diesel::update(people::table.find(of))
        .set(people::reminders.eq(minutes))
        .execute(conn)
        .map(drop)
}

pub fn update_settings(conn: &mut Conn, id: PersonId, to: &CheckedSettings) -> QueryResult<()> {
    diesel::update(people::table.find(id))
        .set((
            people::name.eq(&to.name),
            people::zone.eq(&to.zone),
            people::graduates_on.eq(to.graduates_on),
            people::twelve_hours.eq(to.twelve_hours),
        ))
        .execute(conn)
        .map(drop)
}

/// Notes that nobody has said where these live.
pub fn note_unconfirmed_zones(conn: &mut Conn, of: &[PersonId]) -> QueryResult<()> {
    let rows: Vec<_> = of
        .iter()
        .map(|id| unconfirmed_zones::person_id.eq(*id))
        .collect();
    diesel::insert_into(unconfirmed_zones::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

/// Whether somebody's zone is only a guess.
pub fn has_unconfirmed_zone(conn: &mut Conn, id: PersonId) -> QueryResult<bool> {
    let noted = unconfirmed_zones::table.find(id);
    diesel::select(diesel::dsl::exists(noted)).get_result(conn)
}

/// Notes that somebody has said where they live.
pub fn confirm_zone(conn: &mut Conn, id: PersonId) -> QueryResult<()> {
    diesel::delete(unconfirmed_zones::table.find(id))
        .execute(conn)
        .map(drop)
}

/// Writes roles and standing; a new alumnus gets a profile.
pub fn place(
    conn: &mut Conn,
    person: &Person,
    roles: &Roles,
    standing: Standing,
) -> QueryResult<()> {
    diesel::update(people::table.find(person.id))
        .set((people::roles.eq(roles), people::standing.eq(standing)))
        .execute(conn)?;
    if roles.has(Role::Alumnus) {
        make_profile(conn, person.id, &person.name)?;
    }
    if standing == Standing::Suspended {
        end_sessions(conn, person.id)?;
    }
    Ok(())
}

/// Lets one transaction at a time take administrators away, so that one stays.
pub fn lock_admins(tx: &mut Tx) -> QueryResult<()> {
    tx.locked();
    diesel::sql_query("select pg_advisory_xact_lock(hashtext('almanac administrators'))")
        .execute(&mut **tx)
        .map(drop)
}

/// How many administrators there are besides one.
pub fn other_admins(conn: &mut Conn, than: PersonId) -> QueryResult<i64> {
    people::table
        .filter(people::id.ne(than))
        .filter(people::standing.eq(Standing::Active))
        .filter(people::roles.contains(Roles::new([Role::Admin])))
        .count()
        .get_result(conn)
}

/// What somebody missed or cancelled late until now leads to no warning and no pause any more.
pub fn forgive(conn: &mut Conn, id: PersonId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(people::table.find(id))
        .set(people::forgiven_at.eq(now))
        .execute(conn)
        .map(drop)
}

/// A pattern for LIKE that matches `words` anywhere, literally.
pub fn like(words: &str) -> String {
    let literal: String = words
        .chars()
        .flat_map(|c| match c {
            '%' | '_' | '\\' => vec!['\\', c],
            c => vec![c],
        })
        .collect();
    format!("%{literal}%")
}

/// Every zone that somebody has.
pub fn zones(conn: &mut Conn) -> QueryResult<Vec<String>> {
    people::table
        .select(people::zone)
        .distinct()
        .order(people::zone)
        .load(conn)
}

/// Active coordinators and administrators who want to hear of what waits for a decision.
pub fn coordinators_to_tell(conn: &mut Conn) -> QueryResult<Vec<PersonId>> {
    people::table
        .filter(people::id.ne_all(unsubscribed::table.select(unsubscribed::person_id)))
        .filter(people::roles.overlaps_with(Roles::new([Role::Coordinator, Role::Admin])))
        .filter(people::standing.eq(Standing::Active))
        .order(people::id)
        .select(people::id)
        .load(conn)
}

// Profiles

// Sign-in

/// Gives an account another address. Links to the old one are deleted.
pub fn set_email(conn: &mut Conn, person: &Person, email: &str) -> QueryResult<()> {
    diesel::update(people::table.find(person.id))
        .set(people::email.eq(email))
        .execute(conn)?;
    diesel::update(sessions::table.filter(sessions::person_id.eq(person.id)))
        .set(sessions::email.eq(email))
        .execute(conn)?;
    // A request of theirs that still waits is answered by the account.
    let asked = join_requests::table.filter(join_requests::email.eq(&person.email));
    diesel::delete(asked.filter(join_requests::decided_at.is_null())).execute(conn)?;
    diesel::update(asked)
        .set(join_requests::email.eq(email))
        .execute(conn)?;
    end_newcomers(conn, &person.email, &[])?;
    let to_old = sign_in_links::email.eq(&person.email);
    diesel::delete(sign_in_links::table.filter(to_old))
        .execute(conn)
        .map(drop)
}

/// Deletes links and sessions that are over.
pub fn sweep(conn: &mut Conn, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::delete(
        sign_in_links::table.filter(sign_in_links::expires_at.lt(now - rules::LINK_LIFE)),
    )
    .execute(conn)?;
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(now)))
        .execute(conn)
        .map(drop)
}

// Joining

/// Lets one transaction at a time ask about a mailbox, under whatever spelling.
pub fn lock_mailbox(tx: &mut Tx, email: &str) -> QueryResult<()> {
    tx.locked();
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<sql_types::Text, _>(rules::plain_mailbox(email))
        .execute(&mut **tx)
        .map(drop)
}

/// Whether the mailbox of an address has an account under another spelling, `besides` one. Others who ask for the same
/// mailbox wait until this transaction ends.
pub fn is_mailbox_taken(tx: &mut Tx, email: &str, besides: Option<PersonId>) -> QueryResult<bool> {
    let domain = rules::domain_of(email);
    let ignores_dots: Option<bool> = email_domains::table
        .find(domain)
        .select(email_domains::ignores_dots)
        .first(&mut **tx)
        .optional()?;
    let mailbox = rules::mailbox(email);
    let plain = mailbox.replace('.', "");
    lock_mailbox(tx, email)?;
    let others = people::table
        .filter(people::email.ne(email))
        .filter(people::id.nullable().is_distinct_from(besides));
    if ignores_dots == Some(true) {
        let without_dots = sql::<sql_types::Text>("replace(mailbox, '.', '')");
        let there = others
            .filter(without_dots.eq(plain))
            .filter(people::email.like(format!("%@{domain}")));
        return select(exists(there)).get_result(&mut **tx);
    }
    select(exists(others.filter(people::mailbox.eq(mailbox)))).get_result(&mut **tx)
}

/// Accounts that share a mailbox with one of these addresses, in pairs; a hundred at most.
pub fn shared_mailboxes(conn: &mut Conn, emails: &[&str]) -> QueryResult<Vec<(String, String)>> {
    let other = diesel::alias!(people as other);
    people::table
        .inner_join(
            other.on(other
                .field(people::mailbox)
                .eq(people::mailbox)
                .and(other.field(people::id).ne(people::id))),
        )
        .filter(people::email.eq_any(emails))
        .order(people::email)
        .limit(100)
        .select((people::email, other.field(people::email)))
        .load(conn)
}

/// How many people there are and how many requests wait.
pub fn counts(conn: &mut Conn) -> QueryResult<(i64, i64)> {
    let people = people::table
        .filter(people::email.not_like("%@erased.invalid"))
        .count()
        .get_result(conn)?;
    let waiting = join_requests::table
        .filter(join_requests::decided_at.is_null())
        .count()
        .get_result(conn)?;
    Ok((people, waiting))
}

/// The handle that somebody of that name would like.
fn handle(name: &str) -> String {
    let slug = input::slug(name);
    if slug.is_empty() {
        return "alumnus".into();
    }
    slug
}

/// Gives an alumnus a profile, with a handle from the name that nobody has. Keeps an existing one.
pub fn make_profile(conn: &mut Conn, id: PersonId, name: &str) -> QueryResult<()> {
    let base = handle(name);
    // The common case is one statement; a clash draws a random ending instead of counting up.
    let mut handle = base.clone();
    for attempt in 1.. {
        // Somebody else may take it at this moment; then another is tried.
        let made = conn.transaction(|conn| {
            diesel::insert_into(profiles::table)
                .values((profiles::person_id.eq(id), profiles::handle.eq(&handle)))
                .on_conflict(profiles::person_id)
                .do_nothing()
                .execute(conn)
        });
        match made {
            Err(error) if attempt < 6 && violates(&error, "profiles_handle_unique") => {
                handle = format!("{base}-{:04x}", rand::random::<u16>());
            }
            made => return made.map(drop),
        }
    }
    unreachable!("the sixth attempt returns")
}

/// Ends all that somebody is signed in with: browsers, those from before there was an account among them,
/// tokens of the API, and links that nobody has used.
pub fn end_sessions(conn: &mut Conn, id: PersonId) -> QueryResult<()> {
    let address = || {
        people::table
            .filter(people::id.eq(id))
            .select(people::email)
    };
    let theirs = sessions::person_id
        .eq(id)
        .assume_not_null()
        .or(sessions::person_id
            .is_null()
            .and(sessions::email.eq_any(address())));
    diesel::delete(sessions::table.filter(theirs)).execute(conn)?;
    diesel::delete(api_tokens::table.filter(api_tokens::person_id.eq(id))).execute(conn)?;
    let unused = sign_in_links::used_at.is_null();
    diesel::delete(
        sign_in_links::table
            .filter(sign_in_links::email.eq_any(address()))
            .filter(unused),
    )
    .execute(conn)
    .map(drop)
}

/// Ends what browsers began with an address before it had an account, but for the session of that hash.
pub fn end_newcomers(conn: &mut Conn, email: &str, except: &[u8]) -> QueryResult<()> {
    let of_newcomer = sessions::email.eq(email).and(sessions::person_id.is_null());
    diesel::delete(sessions::table.filter(of_newcomer.and(sessions::token_hash.ne(except))))
        .execute(conn)
        .map(drop)
}
