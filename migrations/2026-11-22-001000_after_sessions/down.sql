alter table people drop column forgiven_at;
drop table feedback;
drop table thanks;
drop table reports;
update bookings set absent = null, settled_at = null, status = 'confirmed' where status in ('completed', 'no_show');
drop index bookings_cancelled_late;
drop index bookings_completed;
drop index bookings_disputed;
alter table bookings
    drop constraint bookings_settled,
    drop constraint bookings_status_is_known,
    drop column asked_at,
    drop column disputed_at,
    drop column settled_at,
    drop column settled_by,
    drop column absent,
    add constraint bookings_status_is_known check (status in ('held', 'pending', 'confirmed', 'cancelled', 'expired'));
