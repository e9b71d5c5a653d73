drop table saved_filters;
drop table application_reviews;
