create table posts (
    id uuid primary key,
    cohort_id uuid not null references cohorts (id) on delete cascade,
    space text not null,
    thread_id uuid references posts (id) on delete cascade,
    author_id uuid not null references people (id),
    title text not null default '',
    words text not null,
    is_announcement boolean not null default false,
    at timestamptz not null,
    last_at timestamptz not null,
    removed_at timestamptz,
    constraint posts_space_is_known check (space in ('all', 'mentors', 'mentees')),
    constraint posts_threads_have_a_title check ((thread_id is null) = (title <> ''))
);
comment on table posts is 'What members of a cohort write in its spaces: threads, and replies to them.';
comment on column posts.thread_id is 'Of a reply; empty: it begins a thread.';
comment on column posts.is_announcement is 'Whether the staff tells everybody of the space.';
comment on column posts.last_at is 'Of a thread, when it was last replied to.';
comment on column posts.removed_at is 'Its words are gone; the replies stay.';
create index posts_threads on posts (cohort_id, space, last_at desc, id) where thread_id is null;
create index posts_replies on posts (thread_id, at, id) where thread_id is not null;
create index posts_author on posts (author_id);

create table activities (
    id uuid primary key,
    cohort_id uuid not null references cohorts (id) on delete cascade,
    kind text not null,
    role text not null,
    title text not null,
    words text not null,
    starts_at timestamptz,
    ends_at timestamptz,
    location text not null default '',
    sequence integer not null default 0,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    cancelled_at timestamptz,
    constraint activities_kind_is_known check (kind in ('prompt', 'event')),
    constraint activities_role_is_known check (role in ('mentee', 'mentor', 'both')),
    constraint activities_events_have_a_time
        check ((kind = 'event') = (starts_at is not null) and (starts_at is null) = (ends_at is null)),
    constraint activities_end_after_the_start check (ends_at > starts_at)
);
comment on table activities is 'What the staff puts on for a cohort: prompts, which have no time, and events.';
comment on column activities.role is 'Whom it is for.';
comment on column activities.sequence is 'As in RFC 5545: raised by each change.';
create index activities_of on activities (cohort_id, starts_at);

create table attendances (
    activity_id uuid not null references activities (id) on delete cascade,
    person_id uuid not null references people (id) on delete cascade,
    answer text,
    answered_at timestamptz,
    attended boolean,
    primary key (activity_id, person_id),
    constraint attendances_answer_is_known check (answer in ('yes', 'maybe', 'no'))
);
comment on table attendances is 'Who comes to an event, and who came.';
comment on column attendances.attended is 'As the staff says afterwards.';
create index attendances_person on attendances (person_id);

create table milestones_done (
    cohort_id uuid not null references cohorts (id) on delete cascade,
    person_id uuid not null references people (id) on delete cascade,
    name text not null,
    at timestamptz not null,
    primary key (cohort_id, person_id, name)
);
comment on table milestones_done is 'Milestones of a cohort that somebody has reached; they stay when the file changes.';
create index milestones_done_person on milestones_done (person_id);
