create table mail_troubles (
    person_id uuid primary key references people on delete cascade,
    kind text not null check (kind in ('bounce', 'complaint')),
    detail text not null,
    noted_at timestamptz not null
);
comment on table mail_troubles is 'Whose address gives mail back, or who has called it unwanted; until they sign in by a link.';
comment on column mail_troubles.detail is 'What the mail server said.';

create table unsubscribed (
    person_id uuid primary key references people on delete cascade,
    created_at timestamptz not null
);
comment on table unsubscribed is 'Coordinators who want no mail about what waits for a decision.';
