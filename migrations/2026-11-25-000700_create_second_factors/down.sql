alter table sessions drop column awaits_second, drop column proved_at;
drop table recovery_codes;
drop table second_factors;
