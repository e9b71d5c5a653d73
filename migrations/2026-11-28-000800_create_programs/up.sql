create table programs (
    id uuid primary key,
    slug text not null unique,
    created_at timestamptz not null,
    published integer,
    constraint programs_slug_is_plain check (slug ~ '^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$')
);
comment on table programs is 'Programs; what one is, its versions say.';
comment on column programs.published is 'The number of the version that is published; empty: a draft.';

create table program_versions (
    program_id uuid not null references programs (id) on delete cascade,
    number integer not null,
    text text not null,
    made_at timestamptz not null,
    made_by uuid references people (id) on delete set null,
    primary key (program_id, number)
);
comment on table program_versions is 'Program files, every one that was taken in.';
comment on column program_versions.text is 'The file, in TOML.';
create index program_versions_made_by on program_versions (made_by);

alter table programs
    add constraint programs_published_is_there foreign key (id, published)
        references program_versions (program_id, number);
