create or replace function problem_of_claims(b bookings) returns text language plpgsql stable as $$
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

drop trigger claims_stay on claims;
drop function guard_truncated_claims();
drop trigger bookings_of_groups_end on bookings;
drop trigger bookings_leave_groups on bookings;
drop function guard_group_left();
create or replace function guard_claims(of uuid) returns void language plpgsql as $$
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
drop function guard_group(uuid);
