-- That nobody is double-booked rests on claims, so the database sees to it that they are there: checked when
-- a transaction commits, whoever writes.
-- A request keeps its time until it is answered or ended: nobody takes its claims away because it is late.
update claims c set expires_at = null from bookings b where b.id = c.booking_id and b.status = 'pending';

create function problem_of_claims(b bookings) returns text language plpgsql stable as $$
declare
    fitting integer;
    others integer;
begin
    select count(*) filter (where fits), count(*) filter (where not fits) into fitting, others from (
        select ((c.starts_at, c.ends_at) = (b.starts_at, b.ends_at)
                and c.person_id = case when c.as_host then b.host_id else b.guest_id end
                and case
                    when b.status = 'held' then c.expires_at is not distinct from b.hold_expires_at
                    when b.status in ('pending', 'confirmed', 'completed', 'no_show') then c.expires_at is null
                    -- What a hold that ran out has left is swept soon, and counts for nothing meanwhile.
                    when b.status = 'expired' then c.expires_at <= b.updated_at
                    else false end) is true as fits
        from claims c where c.booking_id = b.id
    ) found;
    if others > 0 then
        return 'has a claim that it must not have';
    elsif b.group_id is null then
        return case when b.status in ('pending', 'confirmed') and fitting <> 2
            then format('has %s of its two claims', fitting) end;
    -- Each guest of a group claims their own time; the host's is claimed once, with one of the seats.
    elsif b.status = 'confirmed' and not exists (
        select from claims c where c.booking_id = b.id and c.person_id = b.guest_id and not c.as_host) then
        return 'has no claim of its guest';
    elsif exists (
        select from bookings g where g.group_id = b.group_id and g.status = 'confirmed' and not exists (
            select from claims c join bookings s on s.id = c.booking_id
            where s.group_id = g.group_id and c.as_host and c.person_id = g.host_id and c.expires_at is null
              and (c.starts_at, c.ends_at) = (g.starts_at, g.ends_at))) then
        return 'is in a group without a claim of its host';
    end if;
    return null;
end
$$;
comment on function problem_of_claims(bookings) is
    'What is wrong with the claims of a booking: confirmed or pending ones have both over exactly their span, others none. Null: nothing.';

create function guard_claims(of uuid) returns void language plpgsql as $$
declare
    b bookings;
    problem text;
begin
    -- Whoever takes a claim away waits for whoever is about to rely on it.
    select * into b from bookings where id = of for share;
    problem := case when found then problem_of_claims(b) end;
    if problem is not null then
        raise exception 'the booking % is % and %', b.id, b.status, problem
            using errcode = 'check_violation', constraint = 'bookings_claimed', table = 'bookings';
    end if;
end
$$;

create function guard_claims_of_booking() returns trigger language plpgsql as $$
begin
    perform guard_claims(new.id);
    return null;
end
$$;

create function guard_booking_of_claim() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform guard_claims(old.booking_id);
    end if;
    if tg_op = 'INSERT' or tg_op = 'UPDATE' and new.booking_id <> old.booking_id then
        perform guard_claims(new.booking_id);
    end if;
    return null;
end
$$;

create constraint trigger bookings_claimed after insert on bookings
    deferrable initially deferred for each row when (new.status in ('pending', 'confirmed'))
    execute function guard_claims_of_booking();
create constraint trigger bookings_stay_claimed after update on bookings
    deferrable initially deferred for each row
    when ((old.status, old.starts_at, old.ends_at, old.host_id, old.guest_id, old.group_id, old.hold_expires_at)
          is distinct from (new.status, new.starts_at, new.ends_at, new.host_id, new.guest_id, new.group_id, new.hold_expires_at))
    execute function guard_claims_of_booking();
create constraint trigger claims_of_bookings after insert or update or delete on claims
    deferrable initially deferred for each row execute function guard_booking_of_claim();
