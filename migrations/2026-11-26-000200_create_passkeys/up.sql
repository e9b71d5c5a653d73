create table passkeys (
    id uuid primary key,
    person_id uuid not null references people on delete cascade,
    name text not null,
    credential jsonb not null,
    created_at timestamptz not null,
    used_at timestamptz
);
comment on table passkeys is 'Passkeys (WebAuthn) besides the mailed link.';
comment on column passkeys.name is 'As its owner tells it from others.';
comment on column passkeys.credential is 'Public key, id and counter; with it alone nobody signs in.';
create index passkeys_person on passkeys (person_id);

alter table sessions add column challenge bytea;
comment on column sessions.challenge is 'What a passkey is to answer, encrypted with the site''s key; good for one answer.';
