create table invitations (
    id uuid primary key,
    email text not null unique,
    role text not null,
    message text not null default '',
    invited_by uuid not null references people (id) on delete cascade,
    sent_at timestamptz not null,
    constraint invitations_role_is_known check (role in ('student', 'alumnus'))
);
comment on table invitations is 'Addresses whose owners a coordinator has invited to join, and who have not joined yet.';
create index invitations_sent on invitations (sent_at);
create index invitations_by on invitations (invited_by);
