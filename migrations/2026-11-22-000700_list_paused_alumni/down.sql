alter table free_time_hosts drop constraint free_time_hosts_person_id_fkey;
alter table free_time_hosts add constraint free_time_hosts_person_id_fkey
    foreign key (person_id) references people on delete cascade;

create or replace function refresh_listing(of uuid) returns void language sql as $$
    with listed as (
        select p.id,
               array(select 'service:' || s.kind from services s where s.person_id = p.id and s.closed_at is null)
               || array(select 'topic:' || lower(t) from unnest(pr.topics) t)
               || array(select 'language:' || lower(l) from unnest(pr.languages) l) as tags,
               lower(concat_ws(' ', p.name, pr.headline, pr.employer, pr.field, array_to_string(pr.topics, ' '), pr.bio)) as words,
               pr.topics, pr.languages
        from people p join profiles pr on pr.person_id = p.id
        where p.id = of and p.standing = 'active' and p.roles @> array['alumnus']
          and pr.unlisted_at is null and pr.paused_at is null
          and exists (select from services s where s.person_id = p.id and s.closed_at is null)
    ), gone as (
        delete from listings where person_id = of and not exists (select from listed)
    )
    insert into listings (person_id, tags, words, topics, languages) select id, tags, words, topics, languages from listed
    on conflict (person_id) do update
        set tags = excluded.tags, words = excluded.words, topics = excluded.topics, languages = excluded.languages;
$$;
drop index services_open;
create index profiles_paused on profiles (person_id) where paused_at is not null;
delete from listings where paused;
alter table listings drop column paused;
comment on column listings.tags is 'service:, topic: and language:, each with a word in lower case.';
select refresh_listing(person_id) from profiles;
