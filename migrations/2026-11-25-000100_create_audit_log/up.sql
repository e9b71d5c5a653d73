create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    actor_id uuid references people,
    network text not null default '',
    action text not null,
    subject_id uuid references people,
    detail text not null default ''
);
comment on table audit_log is 'Who changed or saw what of whom. Only ever added to.';
comment on column audit_log.actor_id is 'Empty: the command line, or Almanac by itself.';
comment on column audit_log.network is 'Where the request came from.';
comment on column audit_log.detail is 'What it was and is now; never a secret or an address.';
create index audit_log_actor on audit_log (actor_id, id);
create index audit_log_subject on audit_log (subject_id, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is only ever added to', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
create trigger audit_log_is_kept before update or delete on audit_log
    for each statement execute function refuse_change();
