alter table booking_changes add column status text;
update booking_changes set status = case
    when what in ('asked', 'asked_for_more', 'said_more') then 'pending'
    when what in ('declined', 'cancelled', 'cancelled_late') then 'cancelled'
    when what in ('expired', 'completed', 'no_show') then what
    else 'confirmed' end;
alter table booking_changes alter column status set not null;
comment on column booking_changes.status is 'After the change.';

create table webhooks (
    id uuid primary key,
    person_id uuid not null references people on delete cascade,
    host text not null,
    address bytea not null,
    secret bytea not null,
    covers_all boolean not null default false,
    created_at timestamptz not null,
    disabled_at timestamptz
);
comment on table webhooks is 'Addresses that hear of what happens to bookings (Standard Webhooks).';
comment on column webhooks.host is 'Of the address, to be shown.';
comment on column webhooks.address is 'Encrypted: it may be a secret itself.';
comment on column webhooks.secret is 'The signing key, encrypted.';
comment on column webhooks.covers_all is 'Whether it hears of everybody''s bookings, while its owner coordinates; else of the owner''s own.';
comment on column webhooks.disabled_at is 'Since when it is not called: gone, or without success for too long.';
create index webhooks_person on webhooks (person_id);

create table webhook_deliveries (
    id uuid primary key,
    webhook_id uuid not null references webhooks on delete cascade,
    change_id bigint references booking_changes on delete cascade,
    created_at timestamptz not null,
    next_at timestamptz,
    attempts integer not null default 0,
    delivered_at timestamptz,
    last_status smallint,
    last_error text not null default ''
);
comment on column webhook_deliveries.id is 'The webhook-id: the same with each attempt.';
comment on column webhook_deliveries.change_id is 'What happened; empty: a test.';
comment on column webhook_deliveries.next_at is 'When it is tried next; empty: delivered, or given up.';
create index webhook_deliveries_due on webhook_deliveries (next_at) where next_at is not null;
create index webhook_deliveries_of on webhook_deliveries (webhook_id, created_at);
create index webhook_deliveries_change on webhook_deliveries (change_id);
