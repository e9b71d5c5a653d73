alter table join_requests add column reason text not null default '';
comment on column join_requests.reason is 'What the coordinator says to somebody who was declined.';

create index join_requests_declined on join_requests (decided_at) where approved = false;
