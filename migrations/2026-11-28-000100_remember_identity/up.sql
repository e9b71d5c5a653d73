create table identity (
    is_only boolean primary key default true check (is_only),
    name text not null check (length(name) between 1 and 60),
    accent text check (accent ~ '^#[0-9a-f]{6}$'),
    logo bytea check (length(logo) <= 200000),
    contact text not null default '' check (length(contact) <= 120),
    privacy text not null default '' check (length(privacy) <= 20000)
);
comment on table identity is 'How the site presents itself, in one row; none until an administrator says so.';
