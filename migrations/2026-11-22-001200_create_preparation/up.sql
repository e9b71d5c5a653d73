create table booking_files (
    id uuid primary key,
    booking_id uuid not null references bookings on delete cascade,
    person_id uuid not null references people,
    name text not null,
    kind text not null,
    bytes integer not null,
    added_at timestamptz not null,
    removed_at timestamptz,
    constraint booking_files_kind_is_known check (kind in ('pdf', 'docx', 'png', 'jpeg')),
    constraint booking_files_size check (bytes between 1 and 10485760)
);
comment on table booking_files is 'Files of preparations, each a version; the content is in the folder uploads of the data directory, by id.';
comment on column booking_files.name is 'Safe as a file name; its ending follows from the kind.';
comment on column booking_files.removed_at is 'Since when its content is gone.';
create index booking_files_booking on booking_files (booking_id, added_at);

create table booking_agendas (
    booking_id uuid primary key references bookings on delete cascade,
    words text not null,
    version integer not null,
    person_id uuid not null references people,
    at timestamptz not null
);
comment on table booking_agendas is 'What the two want to speak about; either changes it.';
comment on column booking_agendas.version is 'Grows with each change, so that nobody overwrites what they have not seen.';

create table booking_notes (
    id uuid primary key,
    booking_id uuid not null references bookings on delete cascade,
    person_id uuid not null references people,
    is_shared boolean not null,
    words text not null,
    at timestamptz not null
);
comment on column booking_notes.is_shared is 'Whether the other one reads it, too.';
create index booking_notes_booking on booking_notes (booking_id, at);

create table digests (
    booking_id uuid not null references bookings on delete cascade,
    reader_id uuid not null references people,
    since timestamptz not null,
    primary key (booking_id, reader_id)
);
comment on table digests is 'Who is to hear in one mail what the other one has prepared since.';
create index digests_since on digests (since);

alter table bookings add column nudged_at timestamptz;
comment on column bookings.nudged_at is 'When the guest was told that something is missing.';
