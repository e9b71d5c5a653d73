-- All at once, before anything is read, so that nobody waits for a lock while holding another.
lock table bookings in access exclusive mode;

create table settlements (
    booking_id uuid primary key references bookings on delete cascade,
    disputed_at timestamptz,
    settled_at timestamptz,
    settled_by uuid references people,
    absent uuid references people
);
comment on table settlements is 'What sessions come to once the two have said how they went: disputed, settled, or both.';
comment on column settlements.disputed_at is 'Since when what the two say differs and waits for a coordinator.';
comment on column settlements.settled_at is 'When it was settled whether both had come.';
comment on column settlements.settled_by is 'The coordinator; empty: the two agreed, or a week passed.';
comment on column settlements.absent is 'Who did not come.';

insert into settlements (booking_id, disputed_at, settled_at, settled_by, absent)
select id, disputed_at, settled_at, settled_by, absent from bookings where settled_at is not null or disputed_at is not null;

create index settlements_disputed on settlements (disputed_at) where disputed_at is not null;
create index settlements_absent on settlements (settled_at) where absent is not null;

alter table bookings drop constraint bookings_settled;
create function bookings_settled() returns trigger language plpgsql as $$
declare
    concerned uuid;
begin
    if tg_table_name = 'bookings' then
        concerned := new.id;
    elsif tg_op = 'DELETE' then
        concerned := old.booking_id;
    else
        concerned := new.booking_id;
        if tg_op = 'UPDATE' then
            if old.booking_id <> new.booking_id then
                raise exception 'a settlement belongs to one booking for good'
                    using errcode = 'check_violation', constraint = 'bookings_settled', table = 'settlements';
            end if;
        end if;
    end if;
    -- Two transactions, each about one side of it, look one after the other.
    perform from bookings where id = concerned for share;
    if exists (
        select from bookings b left join settlements s on s.booking_id = b.id
        where b.id = concerned and not (
            (b.status in ('completed', 'no_show')) = (s.settled_at is not null)
            and (b.status = 'no_show') = (s.absent is not null)
            and (s.absent is null or s.absent in (b.host_id, b.guest_id)))
    ) then
        raise exception 'the status of booking % and its settlement disagree', concerned
            using errcode = 'check_violation', constraint = 'bookings_settled', table = 'bookings';
    end if;
    return null;
end
$$;
comment on function bookings_settled() is 'A session is completed or missed if and only if it is settled; looked at when the transaction ends.';
create constraint trigger bookings_settled after insert on bookings deferrable initially deferred
    for each row when (new.status in ('completed', 'no_show')) execute function bookings_settled();
create constraint trigger bookings_stay_settled after update of status, host_id, guest_id on bookings deferrable initially deferred
    for each row when (new.status in ('completed', 'no_show') or old.status in ('completed', 'no_show'))
    execute function bookings_settled();
create constraint trigger settlements_fit after insert or update or delete on settlements deferrable initially deferred
    for each row execute function bookings_settled();
