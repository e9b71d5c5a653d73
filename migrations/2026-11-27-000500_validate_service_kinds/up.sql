alter table services validate constraint services_kind_is_known;
alter table wishes validate constraint wishes_kind_is_known;
