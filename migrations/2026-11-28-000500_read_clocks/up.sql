alter table people add column twelve_hours boolean not null default false;
comment on column people.twelve_hours is 'Whether they read 2:30 pm rather than 14:30.';
