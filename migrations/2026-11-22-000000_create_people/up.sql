create table people (
    id uuid primary key,
    email text not null,
    name text not null,
    zone text not null,
    roles text[] not null default '{}',
    standing text not null default 'active',
    graduates_on date,
    joined_at timestamptz not null,
    constraint people_email_unique unique (email),
    constraint people_email_is_normal check (email = lower(email)),
    constraint people_roles_are_known
        check (roles <@ array['student', 'alumnus', 'coordinator', 'admin']),
    constraint people_standing_is_known
        check (standing in ('active', 'lapsed', 'suspended'))
);
comment on table people is 'Everybody with an account, in whatever role.';
comment on column people.email is 'Lower case; where links and invitations go.';
comment on column people.zone is 'IANA zone: how times are shown, and what weekly hours mean.';
comment on column people.roles is 'Any of student, alumnus, coordinator, admin.';
comment on column people.standing is 'active; lapsed (a pause, nothing is deleted); suspended (shut out).';

create table profiles (
    person_id uuid primary key references people on delete cascade,
    handle text not null,
    headline text not null default '',
    employer text not null default '',
    field text not null default '',
    topics text[] not null default '{}',
    languages text[] not null default '{}',
    bio text not null default '',
    links text[] not null default '{}',
    thumbnail bytea,
    paused_at timestamptz,
    unlisted_at timestamptz,
    constraint profiles_handle_unique unique (handle)
);
comment on table profiles is 'What an alumnus shows on the board.';
comment on column profiles.handle is 'The name in addresses: /alumni/{handle}.';
comment on column profiles.bio is 'Markdown as typed; sanitised whenever it is shown.';
comment on column profiles.thumbnail is 'JPEG, 64 by 64 pixels, inlined on the board.';
comment on column profiles.paused_at is 'Since when no new bookings are taken.';
comment on column profiles.unlisted_at is 'Since when the alumnus is not on the board at all.';
create index profiles_topics on profiles using gin (topics);
create index profiles_languages on profiles using gin (languages);

create table photos (
    person_id uuid primary key references people on delete cascade,
    jpeg bytea not null,
    sha256 bytea not null
);
comment on table photos is 'Re-encoded portraits, at most 512 by 512 pixels.';

create table sessions (
    token_hash bytea primary key,
    person_id uuid references people on delete cascade,
    email text not null,
    user_agent text not null default '',
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null
);
comment on table sessions is 'Browsers that proved an e-mail address.';
comment on column sessions.token_hash is 'SHA-256 of the cookie.';
comment on column sessions.person_id is 'Empty while the address has no account yet.';
create index sessions_person on sessions (person_id);
create index sessions_expires on sessions (expires_at);

create table sign_in_links (
    id uuid primary key,
    email text not null,
    next text not null default '/me',
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
comment on table sign_in_links is 'Mailed links; the mail carries the id sealed with the site''s key.';
comment on column sign_in_links.next is 'The page of this site to open afterwards.';
create index sign_in_links_email on sign_in_links (email, created_at);
create index sign_in_links_expires on sign_in_links (expires_at);

create table api_tokens (
    token_hash bytea primary key,
    person_id uuid not null references people on delete cascade,
    created_at timestamptz not null
);
comment on table api_tokens is 'Bearer tokens of the JSON API, as SHA-256.';
create index api_tokens_person on api_tokens (person_id);

create table email_domains (
    domain text primary key,
    added_at timestamptz not null,
    constraint email_domains_is_normal check (domain = lower(domain))
);
comment on table email_domains is 'Whoever has an address here enters as a student at once.';

create table join_requests (
    id uuid primary key,
    email text not null,
    name text not null,
    zone text not null,
    role text not null,
    message text not null default '',
    asked_at timestamptz not null,
    decided_at timestamptz,
    decided_by uuid references people on delete set null,
    approved boolean,
    constraint join_requests_role_is_known check (role in ('student', 'alumnus')),
    constraint join_requests_decision check ((decided_at is null) = (approved is null))
);
comment on table join_requests is 'People who ask to join and whom a coordinator decides on.';
create unique index join_requests_one_open on join_requests (email) where decided_at is null;
create index join_requests_asked on join_requests (asked_at) where decided_at is null;
