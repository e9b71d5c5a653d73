create table consents (
    person_id uuid not null references people on delete cascade,
    version text not null,
    agreed_at timestamptz not null,
    primary key (person_id, version)
);
comment on table consents is 'Who has agreed to which privacy notice, and when.';
comment on column consents.version is 'Digest of the text that they were shown.';
