//! Every query that starts from people, profiles, sessions, links, tokens, domains or requests.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    Connection,
    dsl::{exists, select, sql},
    prelude::*,
    sql_types,
};

use super::{JoinRequest, Person, Role, Roles, Standing, rules};
use crate::{
    db::{
        self, Conn, JoinRequestId, PersonId, SignInLinkId, Tx,
        schema::{
            api_tokens, email_domains, join_requests, people, profiles, sessions, sign_in_links,
            unsubscribed,
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

/// Writes name, zone and graduation date.
pub fn update_settings(
    conn: &mut Conn,
    id: PersonId,
    (name, zone, graduates_on): (&str, &str, Option<NaiveDate>),
) -> QueryResult<()> {
    diesel::update(people::table.find(id))
        .set((
            people::name.eq(name),
            people::zone.eq(zone),
            people::graduates_on.eq(graduates_on),
        ))
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

/// People whose name or address has `words` in it, everybody without, by name; a page of `limit` from
/// `offset`.
pub fn search(conn: &mut Conn, words: &str, limit: i64, offset: i64) -> QueryResult<Vec<Person>> {
    let mut query = people::table
        .filter(people::email.not_like("%@erased.invalid"))
        .order((people::name, people::id))
        .limit(limit)
        .offset(offset)
        .select(Person::as_select())
        .into_boxed();
    if !words.is_empty() {
        let has = |pattern: String| {
            people::name
                .ilike(pattern.clone())
                .or(people::email.ilike(pattern))
        };
        query = query.filter(has(like(words)));
    }
    query.load(conn)
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

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sign_in_links)]
pub struct SignInLink {
    pub id: SignInLinkId,
    pub email: String,
    pub next: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

/// How many links an address has been given since then.
/// How many links the mailbox of an address was sent since then, under whatever spelling.
pub fn links_since(conn: &mut Conn, email: &str, since: DateTime<Utc>) -> QueryResult<i64> {
    sign_in_links::table
        .filter(plain_mailbox(sign_in_links::email).eq(rules::plain_mailbox(email)))
        .filter(sign_in_links::created_at.gt(since))
        .count()
        .get_result(conn)
}

pub fn insert_link(conn: &mut Conn, link: &SignInLink) -> QueryResult<()> {
    diesel::insert_into(sign_in_links::table)
        .values(link)
        .execute(conn)
        .map(drop)
}

pub fn link(conn: &mut Conn, id: SignInLinkId) -> QueryResult<Option<SignInLink>> {
    sign_in_links::table
        .find(id)
        .select(SignInLink::as_select())
        .first(conn)
        .optional()
}

/// Uses up the link, and with it all others of its address. None if it is used or too old: of two
/// who redeem it at once, one gets it.
pub fn use_link(
    conn: &mut Conn,
    id: SignInLinkId,
    now: DateTime<Utc>,
) -> QueryResult<Option<SignInLink>> {
    let used: Option<SignInLink> = diesel::update(
        sign_in_links::table
            .find(id)
            .filter(sign_in_links::used_at.is_null())
            .filter(sign_in_links::expires_at.gt(now)),
    )
    .set(sign_in_links::used_at.eq(now))
    .returning(SignInLink::as_returning())
    .get_result(conn)
    .optional()?;
    if let Some(link) = &used {
        diesel::update(
            sign_in_links::table
                .filter(sign_in_links::email.eq(&link.email))
                .filter(sign_in_links::used_at.is_null()),
        )
        .set(sign_in_links::used_at.eq(now))
        .execute(conn)?;
    }
    Ok(used)
}

/// One browser that is signed in, or has proved an address without an account.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct Session {
    pub token_hash: Vec<u8>,
    pub person_id: Option<PersonId>,
    pub email: String,
    pub user_agent: String,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// When its owner last proved who they are.
    pub proved_at: DateTime<Utc>,
    /// The code of the second factor is still to come.
    pub awaits_second: bool,
}

pub fn insert_session(conn: &mut Conn, session: &Session) -> QueryResult<()> {
    diesel::insert_into(sessions::table)
        .values(session)
        .execute(conn)
        .map(drop)
}

/// The session of a cookie and whose it is. Not if it is over or its person suspended. Marks it as
/// used now and then.
pub fn session(
    conn: &mut Conn,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<(Session, Option<Person>)>> {
    let found: Option<(Session, Option<Person>)> = sessions::table
        .find(token_hash)
        .left_join(people::table)
        .select((Session::as_select(), Option::<Person>::as_select()))
        .first(conn)
        .optional()?;
    let Some((session, person)) = found else {
        return Ok(None);
    };
    let is_shut_out = person
        .as_ref()
        .is_some_and(|p| p.standing == Standing::Suspended);
    if is_shut_out || rules::is_session_over(session.seen_at, session.expires_at, now) {
        return Ok(None);
    }
    if now - session.seen_at >= rules::SESSION_GRAIN {
        diesel::update(sessions::table.find(token_hash))
            .set(sessions::seen_at.eq(now))
            .execute(conn)?;
    }
    Ok(Some((session, person)))
}

/// A person's sessions, last used first.
pub fn sessions_of(conn: &mut Conn, id: PersonId) -> QueryResult<Vec<Session>> {
    sessions::table
        .filter(sessions::person_id.eq(id))
        .order((sessions::seen_at.desc(), sessions::token_hash))
        .select(Session::as_select())
        .load(conn)
}

/// Lets a session that another has taken the place of go on for a moment: a second press of the same button
/// still comes with it.
pub fn end_session_soon(conn: &mut Conn, token_hash: &[u8], now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(sessions::table.find(token_hash))
        .set(sessions::expires_at.eq(now + rules::SECOND_PRESS))
        .execute(conn)
        .map(drop)
}

pub fn end_session(conn: &mut Conn, token_hash: &[u8]) -> QueryResult<()> {
    diesel::delete(sessions::table.find(token_hash))
        .execute(conn)
        .map(drop)
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
    end_newcomers(conn, &person.email)?;
    let to_old = sign_in_links::email.eq(&person.email);
    diesel::delete(sign_in_links::table.filter(to_old))
        .execute(conn)
        .map(drop)
}

/// Ends what browsers began with an address before it had an account.
pub fn end_newcomers(conn: &mut Conn, email: &str) -> QueryResult<()> {
    let of_newcomer = sessions::email.eq(email).and(sessions::person_id.is_null());
    diesel::delete(sessions::table.filter(of_newcomer))
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

pub fn is_listed_domain(conn: &mut Conn, domain: &str) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(email_domains::table.find(domain))).get_result(conn)
}

/// The listed domains, each with whether dots in front of its @ do not matter.
pub fn domains(conn: &mut Conn) -> QueryResult<Vec<(String, bool)>> {
    email_domains::table
        .order(email_domains::domain)
        .select((email_domains::domain, email_domains::ignores_dots))
        .load(conn)
}

/// Lists a domain, or changes whether dots matter.
pub fn add_domain(
    conn: &mut Conn,
    domain: &str,
    ignores_dots: bool,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(email_domains::table)
        .values((
            email_domains::domain.eq(domain),
            email_domains::added_at.eq(now),
            email_domains::ignores_dots.eq(ignores_dots),
        ))
        .on_conflict(email_domains::domain)
        .do_update()
        .set(email_domains::ignores_dots.eq(ignores_dots))
        .execute(conn)
        .map(drop)
}

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

/// Returns whether it was listed.
pub fn remove_domain(conn: &mut Conn, domain: &str) -> QueryResult<bool> {
    diesel::delete(email_domains::table.find(domain))
        .execute(conn)
        .map(|rows| rows > 0)
}

/// Keeps a request. Returns false if the address has an open one.
/// Adds a request, unless its mailbox, which is locked, has one that waits; whether it was added.
pub fn insert_request(conn: &mut Conn, request: &JoinRequest) -> QueryResult<bool> {
    let waiting = join_requests::table
        .filter(join_requests::decided_at.is_null())
        .filter(plain_mailbox(join_requests::email).eq(rules::plain_mailbox(&request.email)));
    if select(exists(waiting)).get_result(conn)? {
        return Ok(false);
    }
    diesel::insert_into(join_requests::table)
        .values(request)
        .on_conflict_do_nothing()
        .execute(conn)
        .map(|rows| rows > 0)
}

pub fn request(conn: &mut Conn, id: JoinRequestId) -> QueryResult<JoinRequest> {
    join_requests::table
        .find(id)
        .select(JoinRequest::as_select())
        .first(conn)
}

pub fn open_request(conn: &mut Conn, email: &str) -> QueryResult<Option<JoinRequest>> {
    join_requests::table
        .filter(join_requests::email.eq(email))
        .filter(join_requests::decided_at.is_null())
        .select(JoinRequest::as_select())
        .first(conn)
        .optional()
}

/// Requests that wait, oldest first.
pub fn open_requests(conn: &mut Conn) -> QueryResult<Vec<JoinRequest>> {
    join_requests::table
        .filter(join_requests::decided_at.is_null())
        .order((join_requests::asked_at, join_requests::id))
        .limit(200)
        .select(JoinRequest::as_select())
        .load(conn)
}

/// Decides a request once. None if there is none that waits.
pub fn decide_request(
    conn: &mut Conn,
    id: JoinRequestId,
    by: Option<PersonId>,
    approved: bool,
    now: DateTime<Utc>,
) -> QueryResult<Option<JoinRequest>> {
    diesel::update(
        join_requests::table
            .find(id)
            .filter(join_requests::decided_at.is_null()),
    )
    .set((
        join_requests::decided_at.eq(now),
        join_requests::decided_by.eq(by),
        join_requests::approved.eq(approved),
    ))
    .returning(JoinRequest::as_returning())
    .get_result(conn)
    .optional()
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
