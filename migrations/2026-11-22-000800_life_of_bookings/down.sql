drop table booking_changes;
update bookings set status = 'cancelled', cancelled_at = coalesce(cancelled_at, updated_at) where status = 'pending' or cancelled_at is not null;
alter table bookings
    drop constraint bookings_status_is_known,
    drop constraint bookings_hold_expires,
    drop constraint bookings_cancelled,
    add constraint bookings_status_is_known check (status in ('held', 'confirmed', 'cancelled', 'expired')),
    add constraint bookings_hold_expires check ((status = 'held') <= (hold_expires_at is not null)),
    add constraint bookings_cancelled check ((status = 'cancelled') = (cancelled_at is not null)),
    drop column change_notice_hours,
    drop column answer_within_hours,
    drop column cancelled_late,
    drop column asked_for_more;
comment on column bookings.hold_expires_at is null;
comment on column bookings.cancelled_at is null;
alter table services
    drop column approval,
    drop column answer_within_hours,
    drop column change_notice_hours;
