create table absences (
    booking_id uuid not null references bookings on delete cascade,
    person_id uuid not null references people,
    told_at timestamptz not null,
    primary key (booking_id, person_id)
);
comment on table absences is 'Sessions ahead of somebody who may not take part: the other side and the coordinators have been told.';
create index absences_person on absences (person_id);
create index people_away on people (id) where standing <> 'active';
