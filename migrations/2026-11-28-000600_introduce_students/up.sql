create table introductions (
    person_id uuid primary key references people (id) on delete cascade,
    programme text not null default '',
    links text[] not null default '{}'
);
comment on table introductions is 'What somebody shows to the hosts of their sessions.';
comment on column introductions.programme is 'What they study, and in which year.';
