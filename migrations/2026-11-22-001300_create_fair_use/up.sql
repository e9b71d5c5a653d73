create table fair_use (
    id boolean primary key default true,
    open_per_guest smallint,
    open_per_pair smallint,
    constraint fair_use_is_one_row check (id),
    constraint fair_use_in_range check (open_per_guest between 1 and 200 and open_per_pair between 1 and 200)
);
comment on table fair_use is 'How much one student may have open at a time; one row. Caps of alumni are their own.';
comment on column fair_use.open_per_guest is 'Sessions and requests to come of one student; empty: no cap.';
comment on column fair_use.open_per_pair is 'The same with one alumnus; empty: no cap.';
insert into fair_use default values;

-- The guest is locked by whoever books, so the count stands until they are done.
create function keep_fair() returns trigger language plpgsql as $$
declare
    cap fair_use;
begin
    select * into cap from fair_use;
    if cap.open_per_guest <= (
        select count(*) from bookings b where b.guest_id = new.guest_id and b.id <> new.id
        and b.status in ('pending', 'confirmed') and b.ends_at > new.updated_at) then
        raise exception 'open_per_guest' using errcode = 'check_violation', constraint = 'bookings_open_per_guest';
    end if;
    if cap.open_per_pair <= (
        select count(*) from bookings b where b.guest_id = new.guest_id and b.host_id = new.host_id and b.id <> new.id
        and b.status in ('pending', 'confirmed') and b.ends_at > new.updated_at) then
        raise exception 'open_per_pair' using errcode = 'check_violation', constraint = 'bookings_open_per_pair';
    end if;
    return new;
end
$$;
create trigger booked_fairly before insert on bookings
    for each row when (new.status in ('pending', 'confirmed')) execute function keep_fair();
create trigger confirmed_fairly before update on bookings
    for each row when (old.status = 'held' and new.status in ('pending', 'confirmed')) execute function keep_fair();
