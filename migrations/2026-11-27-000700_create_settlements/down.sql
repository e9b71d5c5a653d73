drop trigger bookings_settled on bookings;
drop trigger bookings_stay_settled on bookings;
drop table settlements;
drop function bookings_settled();
alter table bookings
    add constraint bookings_settled check ((status in ('completed', 'no_show')) = (settled_at is not null)
        and (status = 'no_show') = (absent is not null) and absent in (host_id, guest_id));
