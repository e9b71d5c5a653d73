drop table audit_log;
drop function refuse_change;
