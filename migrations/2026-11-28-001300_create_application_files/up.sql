create table application_files (
    id uuid primary key references uploads (id) on delete cascade,
    application_id uuid references applications (id) on delete set null,
    person_id uuid not null references people (id),
    field text not null,
    name text not null,
    kind text not null,
    bytes integer not null,
    added_at timestamptz not null,
    constraint application_files_kind_is_known check (kind in ('pdf', 'docx', 'png', 'jpeg')),
    constraint application_files_size check (bytes between 1 and 10485760)
);
comment on table application_files is 'Files that answer a question of an application; the content is in the folder uploads of the data directory, by id. The answer names the one that counts.';
comment on column application_files.application_id is 'None: the application has been deleted, and the file goes next.';
comment on column application_files.field is 'The name of the question.';
comment on column application_files.name is 'Safe as a file name; its ending follows from the kind.';
create index application_files_of on application_files (application_id);
create index application_files_person on application_files (person_id);
