create table application_reviews (
    application_id uuid not null references applications (id) on delete cascade,
    reviewer_id uuid not null references people (id) on delete cascade,
    scores jsonb not null,
    total integer,
    note text not null,
    is_conflicted boolean not null,
    saved_at timestamptz not null,
    primary key (application_id, reviewer_id),
    constraint application_reviews_conflicted_score_nothing check (not (is_conflicted and total is not null)),
    constraint application_reviews_total_is_percent check (total between 0 and 100)
);
comment on table application_reviews is 'What the staff of a program think of an application.';
comment on column application_reviews.scores is 'The names of the rubric''s lines, each with its points.';
comment on column application_reviews.total is 'In percent of all points; none while a line is open.';
comment on column application_reviews.is_conflicted is 'Whether the reviewer knows them too well to judge.';
create index application_reviews_reviewer on application_reviews (reviewer_id);

create table saved_filters (
    id uuid primary key,
    program_id uuid not null references programs (id) on delete cascade,
    person_id uuid not null references people (id) on delete cascade,
    name text not null,
    query text not null,
    unique (program_id, person_id, name)
);
comment on table saved_filters is 'Filters of the table of applications that somebody comes back to.';
comment on column saved_filters.query is 'As in the address of the table.';
create index saved_filters_person on saved_filters (person_id);
