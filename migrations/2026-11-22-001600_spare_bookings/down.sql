drop index bookings_seat;
create unique index bookings_seat on bookings (group_id, seat)
    where status in ('held', 'pending', 'confirmed', 'completed', 'no_show');
create or replace function keep_fair() returns trigger language plpgsql as $$
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
