create table uploads (
    id uuid primary key,
    person_id uuid not null references people,
    bytes bigint not null check (bytes >= 0),
    begun_at timestamptz not null,
    kept_at timestamptz
);
comment on table uploads is 'What takes room in the folder uploads: who sent it, and how much it is. On its way in it counts as much as it may become.';
comment on column uploads.id is 'The name of the file in the folder; of a file of a preparation, its id.';
comment on column uploads.kept_at is 'Empty: on its way in.';
create index uploads_person on uploads (person_id);
create index uploads_begun on uploads (begun_at) where kept_at is null;
insert into uploads (id, person_id, bytes, begun_at, kept_at)
    select id, person_id, bytes, added_at, added_at from booking_files
    where removed_at is null or removed_at > now() - interval '7 days';
