drop index activities_new;
drop index posts_new;
drop table cohort_digests;
