alter table services
    drop constraint services_kind_is_known,
    add constraint services_kind_is_known foreign key (kind) references service_kinds not valid;
alter table wishes
    drop constraint wishes_kind_is_known,
    add constraint wishes_kind_is_known foreign key (kind) references service_kinds not valid;
