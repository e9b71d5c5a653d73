create table seats (
    cohort_id uuid not null references cohorts (id) on delete cascade,
    role text not null,
    number integer not null,
    primary key (cohort_id, role, number),
    constraint seats_role_is_known check (role in ('mentee', 'mentor')),
    constraint seats_are_counted_from_one check (number > 0)
);
comment on table seats is 'Places in a cohort, in persons. A selected application has one, so a cohort is never over-filled.';

create table applications (
    id uuid primary key,
    cohort_id uuid not null references cohorts (id) on delete cascade,
    person_id uuid not null references people (id),
    role text not null,
    status text not null,
    version integer not null,
    answers jsonb not null,
    agreed jsonb not null,
    doubts text not null default '',
    is_only boolean not null,
    started_at timestamptz not null,
    saved_at timestamptz not null,
    submitted_at timestamptz,
    withdrawn_at timestamptz,
    decision text,
    seat integer,
    place integer,
    decided_at timestamptz,
    released_at timestamptz,
    offered_until timestamptz,
    reviewer_id uuid references people (id) on delete set null,
    tags text[] not null default '{}',
    constraint applications_one_each unique (cohort_id, person_id, role),
    constraint applications_seat_is_there foreign key (cohort_id, role, seat) references seats (cohort_id, role, number),
    constraint applications_seat_is_one_persons unique (cohort_id, role, seat),
    constraint applications_role_is_known check (role in ('mentee', 'mentor')),
    constraint applications_status_is_known check (status in ('draft', 'submitted', 'withdrawn')),
    constraint applications_decision_is_known
        check (decision in ('selected', 'wait_listed', 'not_selected', 'offered', 'declined')),
    constraint applications_submitted check ((status = 'submitted') <= (submitted_at is not null)),
    constraint applications_decided_are_submitted check (status = 'submitted' or decision is null),
    constraint applications_selected_have_a_seat
        check (coalesce(decision in ('selected', 'offered'), false) = (seat is not null)),
    constraint applications_offer_ends check ((decision = 'offered') <= (offered_until is not null))
);
comment on table applications is 'What people answered who want to take part in a cohort.';
comment on column applications.version is 'Of the program file whose form was answered.';
comment on column applications.answers is 'The names of fields, each with a list of texts as they were typed.';
comment on column applications.agreed is 'The names of acknowledgements, each with the SHA-256 of the words that were agreed to.';
comment on column applications.doubts is 'Why it is not plain that they may apply, a line each; a coordinator looks at it.';
comment on column applications.is_only is 'Whether a person applies in one role only.';
comment on column applications.decision is 'Nobody but the program''s staff knows before it is released.';
comment on column applications.place is 'On the wait-list, the first one first.';
comment on column applications.offered_until is 'Until when a seat that became free is kept for them.';
comment on column applications.reviewer_id is 'Who is to read it.';
create unique index applications_one_role on applications (cohort_id, person_id)
    where is_only and status <> 'withdrawn';
create index applications_of_person on applications (person_id);
create index applications_reviewer on applications (reviewer_id);
create index applications_in_order on applications (cohort_id, role, submitted_at, id) where status = 'submitted';
create index applications_offers on applications (offered_until) where decision = 'offered';

create table application_changes (
    id bigint generated always as identity primary key,
    application_id uuid not null references applications (id) on delete cascade,
    at timestamptz not null,
    by uuid references people (id) on delete set null,
    what text not null,
    before text,
    after text,
    place_before integer,
    batch uuid
);
comment on table application_changes is 'The history of applications.';
comment on column application_changes.by is 'None: time did it.';
comment on column application_changes.before is 'The decision before it, and after it.';
comment on column application_changes.batch is 'Decisions that were made, and can be taken back, together.';
create index application_changes_of on application_changes (application_id, id);
create index application_changes_batch on application_changes (batch) where batch is not null;
create index application_changes_by on application_changes (by);
