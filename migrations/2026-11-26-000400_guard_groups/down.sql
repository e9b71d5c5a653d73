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
    select * into b from bookings where id = of for share;
    problem := case when found then problem_of_claims(b) end;
    if problem is not null then
        raise exception 'the booking % is % and %', b.id, b.status, problem
            using errcode = 'check_violation', constraint = 'bookings_claimed', table = 'bookings';
    end if;
end
$$;
drop function guard_group(uuid);
