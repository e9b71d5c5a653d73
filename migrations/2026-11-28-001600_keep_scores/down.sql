drop index applications_by_score;
drop index applications_as_they_came;
alter table applications drop column reviews;
alter table applications drop column score;
