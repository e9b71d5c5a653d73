create table service_kinds (
    kind text primary key,
    title text not null,
    icon text not null,
    needs_file boolean not null default false,
    questions jsonb not null default '[]',
    position integer not null,
    retired_at timestamptz,
    constraint service_kinds_kind_is_a_word check (kind ~ '^[a-z][a-z0-9_]{0,39}$'),
    constraint service_kinds_title_unique unique (title)
);
comment on table service_kinds is 'The catalogue: what services can be about. Coordinators edit it.';
comment on column service_kinds.kind is 'The word in addresses and the API; never changes.';
comment on column service_kinds.icon is 'One of the icons that the program knows.';
comment on column service_kinds.needs_file is 'Whether a new service of the kind asks for a document unless its owner says otherwise.';
comment on column service_kinds.questions is 'What a new service asks unless its owner says otherwise; as services.questions.';
comment on column service_kinds.position is 'Its place in lists.';
comment on column service_kinds.retired_at is 'Since when no new service can be of it.';

insert into service_kinds (kind, title, icon, needs_file, position) values
    ('portfolio', 'Portfolio review', 'image', true, 1),
    ('resume', 'Resume review', 'document', true, 2),
    ('cover_letter', 'Cover letter', 'letter', true, 3),
    ('networking', 'Networking', 'people', false, 4),
    ('job_hunting', 'Job hunting', 'search', false, 5),
    ('interview', 'Interview practice', 'talk', false, 6),
    ('other', 'Something else', 'other', false, 7);

-- The rows are looked at by the next migration, while others read and write.
alter table services
    drop constraint services_kind_is_known,
    add constraint services_kind_is_known foreign key (kind) references service_kinds not valid;
alter table wishes
    drop constraint wishes_kind_is_known,
    add constraint wishes_kind_is_known foreign key (kind) references service_kinds not valid;
