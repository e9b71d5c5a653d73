create table unconfirmed_zones (
    person_id uuid primary key references people (id) on delete cascade
);
comment on table unconfirmed_zones is 'Whose time zone is a guess: they were added without one. No hours are taken from them before they say where they live.';

-- Whoever has hours already has seen them in UTC, and may live there.
insert into unconfirmed_zones (person_id)
select id from people p
where p.zone = 'UTC' and 'alumnus' = any (p.roles)
  and not exists (select from hours h where h.person_id = p.id)
  and not exists (select from one_off_times o where o.person_id = p.id);
