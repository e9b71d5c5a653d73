-- The version before queues when something happens: what nobody has looked at yet would be lost.
insert into webhook_deliveries (id, webhook_id, change_id, created_at, next_at)
select gen_random_uuid(), w.id, c.id, c.at, c.at
from booking_changes c join bookings b on b.id = c.booking_id
    join webhooks w on w.person_id in (b.host_id, b.guest_id) or w.covers_all
    join people p on p.id = w.person_id
where not c.is_heard and w.disabled_at is null and w.created_at <= c.at and p.standing <> 'suspended'
    and (w.person_id in (b.host_id, b.guest_id) or p.roles && array['coordinator', 'admin']);
alter table booking_changes drop column is_heard;
