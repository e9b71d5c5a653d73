drop index people_away;
drop table absences;
