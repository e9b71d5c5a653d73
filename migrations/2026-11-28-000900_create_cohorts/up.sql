create table program_staff (
    program_id uuid not null references programs (id) on delete cascade,
    person_id uuid not null references people (id) on delete cascade,
    role text not null,
    since timestamptz not null,
    primary key (program_id, person_id),
    constraint program_staff_role_is_known check (role in ('lead', 'reviewer', 'reader'))
);
comment on table program_staff is 'Who runs a program: nobody else reads what its applicants write.';
create index program_staff_person on program_staff (person_id);

create table cohorts (
    id uuid primary key,
    program_id uuid not null references programs (id) on delete cascade,
    slug text not null,
    name text not null,
    version integer not null,
    zone text not null,
    status text not null,
    is_rolling boolean not null,
    opens_at timestamptz,
    closes_at timestamptz,
    results_at timestamptz,
    starts_on date,
    ends_on date,
    pairs integer,
    mentee_seats integer,
    mentor_seats integer,
    created_at timestamptz not null,
    release_at timestamptz,
    released_at timestamptz,
    archived_at timestamptz,
    past_mentees integer,
    past_mentors integer,
    past_pairs integer,
    unique (program_id, slug),
    foreign key (program_id, version) references program_versions (program_id, number),
    constraint cohorts_slug_is_plain check (slug ~ '^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$'),
    constraint cohorts_status_is_known check (status in ('planned', 'confirmed'))
);
comment on table cohorts is 'Intakes of programs; an evergreen program has one for ever.';
comment on column cohorts.version is 'The version of the program file by which it runs: the last that was published with it.';
comment on column cohorts.zone is 'That of its dates.';
comment on column cohorts.is_rolling is 'Whether people come and go at any time, and each hears on their own.';
comment on column cohorts.closes_at is 'Applications are taken up to but not including this moment.';
comment on column cohorts.ends_on is 'The last day.';
comment on column cohorts.pairs is 'The target.';
comment on column cohorts.mentee_seats is 'Empty: no limit, as for mentors.';
comment on column cohorts.release_at is 'When a lead has the results go out; decisions do not change any more.';
comment on column cohorts.released_at is 'When everybody heard; of a rolling cohort, when somebody first did.';
comment on column cohorts.past_mentees is 'How many there were, when it was archived; likewise mentors and pairs.';
create index cohorts_release on cohorts (release_at) where released_at is null and release_at is not null;

alter table programs
    add column name text not null default '',
    add column cohort_id uuid references cohorts (id) on delete set null;
comment on column programs.name is 'As the published version has it, or the latest where none is.';
comment on column programs.cohort_id is 'The cohort that the published version describes.';
create index programs_cohort on programs (cohort_id);
