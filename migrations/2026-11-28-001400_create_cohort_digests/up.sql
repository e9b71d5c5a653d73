create table cohort_digests (
    person_id uuid primary key references people (id) on delete cascade,
    sent_at timestamptz,
    sent_on date,
    is_off boolean not null default false
);
comment on table cohort_digests is 'When somebody was last told what is new in their cohorts; at most once a day.';
comment on column cohort_digests.sent_at is 'Up to when they have been told.';
comment on column cohort_digests.sent_on is 'The day in the zone of the person.';
comment on column cohort_digests.is_off is 'They want no such letters.';
create index posts_new on posts (cohort_id, at);
create index activities_new on activities (cohort_id, created_at);
