//! What each table of the database holds about a person: which rows are theirs, what of them they are given,
//! and what becomes of them when the person is erased. A new table has to be told here before tests pass.
//!
//! In all SQL of this file `t` is the table, `$1` the person's id, `$2` their address, `$3` the present.

/// What a person is given of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// Everything but these columns: secrets, and contents that go along as files.
    Without(&'static [&'static str]),
    /// As `Without`, and of use to nobody else: a coordinator is not given it.
    Words(&'static [&'static str]),
    /// As `Without`; a coordinator is not given the second columns either.
    SomeWords(&'static [&'static str], &'static [&'static str]),
    /// Nothing: it follows from other rows, or is of no use to anybody but the program.
    Nothing,
}

/// What becomes of the rows when a person is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erase {
    Delete,
    /// Others need them, and they name nobody; or nobody may change them, as the audit log.
    Keep,
    /// An update that takes from them what the person wrote or is known by.
    Blank(&'static str),
    /// Done by [`super::erase`] itself.
    ByHand,
}

/// Rows of one table that belong to a person in one way; a table may have several.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// As the export calls it.
    pub name: &'static str,
    pub table: &'static str,
    /// The condition by which they are the person's.
    pub rows: &'static str,
    pub export: Export,
    pub erase: Erase,
}

const fn part(
    name: &'static str,
    table: &'static str,
    rows: &'static str,
    export: Export,
    erase: Erase,
) -> Part {
    Part {
        name,
        table,
        rows,
        export,
        erase,
    }
}

const OWN: &str = "t.person_id = $1";
const OF_A_SESSION: &str =
    "exists (select from bookings b where b.id = t.booking_id and $1 in (b.host_id, b.guest_id))";
const ALL: Export = Export::Without(&[]);
const WORDS: Export = Export::Words(&[]);
/// Columns of sessions in which guests and hosts write.
const WORDS_OF_SESSION: [&str; 6] = [
    "goals",
    "help_wanted",
    "answers",
    "material_link",
    "asked_for_more",
    "cancel_reason",
];

/// Tables without anything about a person.
pub const OF_NOBODY: [&str; 16] = [
    "activities",
    "cohorts",
    "email_domains",
    "fair_use",
    "groups",
    "identity",
    "program_versions",
    "programs",
    "rate_limits",
    "seats",
    "service_kinds",
    "topic_aliases",
    "topics",
    "vocabulary",
    "wish_offers",
    "__diesel_schema_migrations",
];

/// Columns that say which person did something to a row that is not theirs: the id of somebody erased is no
/// name.
pub const ONLY_WHO: [(&str, &str); 10] = [
    ("application_changes", "by"),
    ("applications", "reviewer_id"),
    ("booking_agendas", "person_id"),
    ("bookings", "cancelled_by"),
    ("settlements", "settled_by"),
    ("settlements", "absent"),
    ("join_requests", "decided_by"),
    ("invitations", "invited_by"),
    ("program_versions", "made_by"),
    ("audit_log", "subject_id"),
];

/// In the order in which they are erased.
pub const PARTS: [Part; 64] = [
    part(
        "posts",
        "posts",
        "t.author_id = $1",
        ALL,
        Erase::Blank(
            "update posts set words = '', title = case when thread_id is null then 'Removed' else '' end, removed_at = coalesce(removed_at, $3) where author_id = $1",
        ),
    ),
    part(
        "digests_of_cohorts",
        "cohort_digests",
        OWN,
        ALL,
        Erase::Delete,
    ),
    part("events_of_programs", "attendances", OWN, ALL, Erase::Delete),
    part("milestones", "milestones_done", OWN, ALL, Erase::Delete),
    part(
        "roles_in_programs",
        "program_staff",
        OWN,
        ALL,
        Erase::Delete,
    ),
    part("saved_filters", "saved_filters", OWN, ALL, Erase::Delete),
    part(
        "files_of_applications",
        "application_files",
        OWN,
        WORDS,
        Erase::Delete,
    ),
    // What is decided nobody knows before it is released, whatever way they ask.
    part(
        "applications",
        "applications",
        OWN,
        Export::Without(&[
            "decision",
            "seat",
            "place",
            "decided_at",
            "released_at",
            "reviewer_id",
            "score",
            "reviews",
            "tags",
        ]),
        Erase::ByHand,
    ),
    part(
        "results_of_applications",
        "applications",
        "t.person_id = $1 and t.released_at is not null",
        Export::Without(&["answers", "agreed", "seat", "place", "reviewer_id", "tags"]),
        Erase::ByHand,
    ),
    part(
        "reviews_of_applications",
        "application_reviews",
        "exists (select from applications a where a.id = t.application_id and a.person_id = $1 and a.released_at is not null)",
        Export::Without(&["reviewer_id"]),
        Erase::Keep,
    ),
    part(
        "reviews_of_others",
        "application_reviews",
        "t.reviewer_id = $1",
        WORDS,
        Erase::Keep,
    ),
    part(
        "changes_of_applications",
        "application_changes",
        "exists (select from applications a where a.id = t.application_id and a.person_id = $1)",
        Export::Nothing,
        Erase::Keep,
    ),
    part(
        "sessions",
        "sessions",
        "(t.person_id = $1 or t.email = $2)",
        Export::Without(&["token_hash", "challenge"]),
        Erase::Delete,
    ),
    part(
        "sign_in_links",
        "sign_in_links",
        "t.email = $2",
        Export::Without(&["id"]),
        Erase::Delete,
    ),
    part(
        "join_requests",
        "join_requests",
        "t.email = $2",
        ALL,
        Erase::Delete,
    ),
    part(
        "invitations",
        "invitations",
        "t.email = $2",
        Export::Without(&["id"]),
        Erase::Delete,
    ),
    part(
        "api_tokens",
        "api_tokens",
        OWN,
        Export::Without(&["token_hash"]),
        Erase::Delete,
    ),
    part(
        "second_factor",
        "second_factors",
        OWN,
        Export::Without(&["secret", "last_step"]),
        Erase::Delete,
    ),
    part(
        "passkeys",
        "passkeys",
        OWN,
        Export::Without(&["credential"]),
        Erase::Delete,
    ),
    part("mail_trouble", "mail_troubles", OWN, ALL, Erase::Delete),
    part("unsubscribed", "unsubscribed", OWN, ALL, Erase::Delete),
    part(
        "unconfirmed_zone",
        "unconfirmed_zones",
        OWN,
        ALL,
        Erase::Delete,
    ),
    part(
        "recovery_codes",
        "recovery_codes",
        OWN,
        Export::Nothing,
        Erase::Delete,
    ),
    part(
        "calendar_address",
        "feeds",
        OWN,
        Export::Without(&["token_hash"]),
        Erase::Delete,
    ),
    part(
        "webhook_deliveries",
        "webhook_deliveries",
        "exists (select from webhooks w where w.id = t.webhook_id and w.person_id = $1)",
        ALL,
        Erase::Delete,
    ),
    part(
        "webhooks",
        "webhooks",
        OWN,
        Export::Without(&["address", "secret"]),
        Erase::Delete,
    ),
    part("busy_times", "busy_times", OWN, ALL, Erase::Delete),
    part(
        "busy_calendars",
        "busy_calendars",
        OWN,
        Export::Without(&["address", "address_hash", "etag"]),
        Erase::Delete,
    ),
    part("introduction", "introductions", OWN, ALL, Erase::Delete),
    part(
        "photo",
        "photos",
        OWN,
        Export::Without(&["jpeg", "sha256"]),
        Erase::Delete,
    ),
    part("availability", "availability", OWN, ALL, Erase::Delete),
    part("hours", "hours", OWN, ALL, Erase::Delete),
    part("one_off_times", "one_off_times", OWN, ALL, Erase::Delete),
    part(
        "free_times",
        "free_times",
        OWN,
        Export::Nothing,
        Erase::Delete,
    ),
    part(
        "free_time_hosts",
        "free_time_hosts",
        OWN,
        Export::Nothing,
        Erase::Delete,
    ),
    part(
        "newly_free",
        "newly_free",
        OWN,
        Export::Nothing,
        Erase::Delete,
    ),
    part("wishes", "wishes", "t.guest_id = $1", ALL, Erase::Delete),
    part("consents", "consents", OWN, ALL, Erase::Delete),
    part("reminders", "reminders", OWN, ALL, Erase::Delete),
    part(
        "digests",
        "digests",
        "t.reader_id = $1",
        Export::Nothing,
        Erase::Delete,
    ),
    part("absences", "absences", OWN, Export::Nothing, Erase::Delete),
    part("files", "booking_files", OWN, WORDS, Erase::Delete),
    part(
        "room_for_files",
        "uploads",
        OWN,
        Export::Nothing,
        Erase::Delete,
    ),
    part("notes", "booking_notes", OWN, WORDS, Erase::Delete),
    part(
        "shared_notes_of_others",
        "booking_notes",
        "t.is_shared and t.person_id <> $1 and exists (select from bookings b where b.id = t.booking_id and $1 in (b.host_id, b.guest_id))",
        WORDS,
        Erase::Keep,
    ),
    part(
        "agendas",
        "booking_agendas",
        OF_A_SESSION,
        WORDS,
        Erase::Blank(
            "update booking_agendas a set words = '' from bookings b where b.id = a.booking_id and $1 in (b.host_id, b.guest_id)",
        ),
    ),
    part(
        "thanks",
        "thanks",
        "$1 in (t.from_id, t.to_id)",
        WORDS,
        Erase::Delete,
    ),
    part(
        "feedback",
        "feedback",
        "exists (select from bookings b where b.id = t.booking_id and b.guest_id = $1)",
        ALL,
        Erase::Keep,
    ),
    part(
        "reports",
        "reports",
        OWN,
        WORDS,
        Erase::Blank("update reports set note = '' where person_id = $1"),
    ),
    part(
        "reports_of_others",
        "reports",
        "t.person_id <> $1 and exists (select from bookings b where b.id = t.booking_id and $1 in (b.host_id, b.guest_id))",
        WORDS,
        Erase::Keep,
    ),
    part(
        "changes",
        "booking_changes",
        OF_A_SESSION,
        Export::SomeWords(&["is_heard"], &["note"]),
        Erase::Blank("update booking_changes set note = '' where by = $1 and note <> ''"),
    ),
    part(
        "changes_of_others",
        "booking_changes",
        "t.by = $1 and not exists (select from bookings b where b.id = t.booking_id and $1 in (b.host_id, b.guest_id))",
        Export::Without(&["is_heard"]),
        Erase::Keep,
    ),
    part("settlements", "settlements", OF_A_SESSION, ALL, Erase::Keep),
    part(
        "keys_of_requests",
        "booking_keys",
        "t.guest_id = $1",
        Export::Nothing,
        Erase::Delete,
    ),
    part("claims", "claims", OWN, Export::Nothing, Erase::Keep),
    part(
        "sessions_as_guest",
        "bookings",
        "t.guest_id = $1",
        Export::SomeWords(&[], &WORDS_OF_SESSION),
        Erase::Blank(
            "update bookings set goals = '', help_wanted = '', answers = '{}', material_link = '', \
         cancel_reason = case when cancelled_by = $1 and cancelled_at < $3 then '' else cancel_reason end where guest_id = $1",
        ),
    ),
    part(
        "sessions_as_host",
        "bookings",
        "t.host_id = $1",
        Export::SomeWords(&[], &WORDS_OF_SESSION),
        Erase::Blank(
            "update bookings set location = '', service_title = 'Session', questions = '[]', asked_for_more = '', cancel_reason = case when cancelled_by = $1 and cancelled_at < $3 then '' else cancel_reason end \
         where host_id = $1",
        ),
    ),
    part(
        "services",
        "services",
        OWN,
        ALL,
        Erase::Blank(
            "update services set closed_at = coalesce(closed_at, $3), title = 'Session', slug = 'former-' || replace(id::text, '-', ''), description = '', location = '', questions = '[]' where person_id = $1",
        ),
    ),
    part(
        "profile",
        "profiles",
        OWN,
        Export::Without(&["thumbnail"]),
        Erase::Blank(
            "update profiles set handle = 'former-' || replace(person_id::text, '-', ''), headline = '', employer = '', field = '', topics = '{}', \
         languages = '{}', bio = '', links = '{}', thumbnail = null, paused_at = null, paused_until = null, unlisted_at = coalesce(unlisted_at, $3) where person_id = $1",
        ),
    ),
    part("listing", "listings", OWN, Export::Nothing, Erase::Delete),
    part(
        "messages_on_their_way",
        "jobs",
        "t.job::text like '%' || $1::text || '%'",
        Export::Nothing,
        Erase::ByHand,
    ),
    part(
        "audit_log",
        "audit_log",
        "t.actor_id = $1",
        ALL,
        Erase::Keep,
    ),
    part(
        "audit_log_about_you",
        "audit_log",
        "t.subject_id = $1 and t.actor_id is distinct from $1",
        Export::Without(&["network"]),
        Erase::Keep,
    ),
    part(
        "account",
        "people",
        "t.id = $1",
        Export::Without(&["mailbox"]),
        Erase::Blank(
            "update people set name = 'Former member', email = id || '@erased.invalid', zone = 'UTC', roles = '{}', standing = 'suspended', \
         graduates_on = null, reminders = default, forgiven_at = null, twelve_hours = default where id = $1",
        ),
    ),
];

/// How many rows are changed at once.
pub const FORGOTTEN_AT_ONCE: i64 = 1000;

/// What people wrote and nobody needs any more after a while; `$1` is the moment before which it is forgotten,
/// `$2` how many rows at most.
pub const FORGOTTEN: [&str; 9] = [
    "update bookings set goals = '', help_wanted = '', answers = '{}', material_link = '', asked_for_more = '', cancel_reason = '' \
     where id in (select id from bookings where ends_at < $1 and (goals <> '' or help_wanted <> '' or answers <> '{}' \
     or material_link <> '' or asked_for_more <> '' or cancel_reason <> '') limit $2)",
    "update booking_changes set note = '' where id in (select c.id from booking_changes c \
     join bookings b on b.id = c.booking_id where c.at < $1 and b.ends_at < $1 and c.note <> '' limit $2)",
    "update reports set note = '' where (booking_id, person_id) in \
     (select booking_id, person_id from reports where at < $1 and note <> '' limit $2)",
    "update booking_agendas set words = '' where booking_id in (select a.booking_id from booking_agendas a \
     join bookings b on b.id = a.booking_id where a.at < $1 and b.ends_at < $1 and a.words <> '' limit $2)",
    "delete from booking_notes where id in (select n.id from booking_notes n \
     join bookings b on b.id = n.booking_id where n.at < $1 and b.ends_at < $1 limit $2)",
    "delete from thanks where (booking_id, from_id) in (select booking_id, from_id from thanks where at < $1 limit $2)",
    "delete from join_requests where id in (select id from join_requests where decided_at < $1 limit $2)",
    "delete from wishes where id in (select id from wishes where ended_at < $1 limit $2)",
    "delete from jobs where id in (select id from jobs where failed_at < $1 limit $2)",
];
