alter table applications add column score integer;
alter table applications add column reviews integer not null default 0;
comment on column applications.score is 'The mean of the reviews of what has been answered, in percent; of none that is conflicted.';
comment on column applications.reviews is 'How many reviews that is.';
update applications a set score = s.score, reviews = s.reviews
from (select v.application_id, round(avg(v.total))::int as score, count(*) as reviews
      from application_reviews v join applications b on b.id = v.application_id
      where not v.is_conflicted and v.saved_at >= b.submitted_at
      group by v.application_id) s
where s.application_id = a.id;
create index applications_as_they_came on applications (cohort_id, submitted_at, id) where status = 'submitted';
create index applications_by_score on applications (cohort_id, score desc nulls last, id) where status = 'submitted';
