alter table profiles add column paused_until timestamptz;
comment on column profiles.paused_until is 'When a pause ends by itself; none for one that its owner ends.';
create index profiles_pausing on profiles (paused_until) where paused_until is not null;
