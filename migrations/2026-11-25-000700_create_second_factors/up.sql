create table second_factors (
    person_id uuid primary key references people on delete cascade,
    secret bytea not null,
    made_at timestamptz not null,
    confirmed_at timestamptz,
    last_step bigint not null default 0
);
comment on table second_factors is 'Codes of an authenticator app (TOTP, RFC 6238) besides the mailed link.';
comment on column second_factors.secret is 'Encrypted with the site''s key.';
comment on column second_factors.confirmed_at is 'Empty: set up, but no code was entered yet; it does not count.';
comment on column second_factors.last_step is 'The time step of the code used last: each is good once.';

create table recovery_codes (
    person_id uuid not null references people on delete cascade,
    print bytea not null,
    primary key (person_id, print)
);
comment on table recovery_codes is 'Codes for who has lost their app, each good once and then deleted.';
comment on column recovery_codes.print is 'HMAC with the site''s key: the database alone opens nothing.';

alter table sessions
    add column proved_at timestamptz not null default now(),
    add column awaits_second boolean not null default false;
update sessions set proved_at = created_at;
comment on column sessions.proved_at is 'When its owner last proved who they are: by a link or a code.';
comment on column sessions.awaits_second is 'The link was used, the code is not entered yet: nobody is signed in.';
