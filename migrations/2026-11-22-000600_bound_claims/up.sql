create index bookings_held on bookings (guest_id) where hold_expires_at is not null;

-- So that the index on the end of claims bounds them on both sides: what begins before an instant
-- ends within a day of it.
alter table claims add constraint claims_are_within_a_day check (ends_at <= starts_at + interval '1 day');
