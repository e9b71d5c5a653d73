alter table listings add column paused boolean not null default false;
comment on column listings.paused is 'Shown last on the board, left out of searches.';
comment on column listings.tags is 'service:, topic:, language: and, for what is too short for trigrams, word:, each with a word in lower case.';

create or replace function refresh_listing(of uuid) returns void language sql as $$
    with found as (
        select p.id, pr.topics, pr.languages, pr.paused_at is not null as paused,
               lower(concat_ws(' ', p.name, pr.headline, pr.employer, pr.field, array_to_string(pr.topics, ' '), pr.bio)) as words
        from people p join profiles pr on pr.person_id = p.id
        where p.id = of and p.standing = 'active' and p.roles @> array['alumnus'] and pr.unlisted_at is null
          and exists (select from services s where s.person_id = p.id and s.closed_at is null)
    ), listed as (
        select *,
               array(select 'service:' || s.kind from services s where s.person_id = found.id and s.closed_at is null)
               || array(select 'topic:' || lower(t) from unnest(topics) t)
               || array(select 'language:' || lower(l) from unnest(languages) l)
               || array(select distinct 'word:' || w from regexp_split_to_table(words, '[^[:alnum:]]+') w where length(w) in (1, 2)) as tags
        from found
    ), gone as (
        delete from listings where person_id = of and not exists (select from listed)
    )
    insert into listings (person_id, tags, words, topics, languages, paused)
    select id, tags, words, topics, languages, paused from listed
    on conflict (person_id) do update
        set tags = excluded.tags, words = excluded.words, topics = excluded.topics, languages = excluded.languages, paused = excluded.paused;
$$;
drop index profiles_paused;
create index services_open on services (kind) include (person_id) where closed_at is null;
select refresh_listing(person_id) from profiles;

delete from free_time_hosts h where not exists (select from profiles p where p.person_id = h.person_id);
alter table free_time_hosts drop constraint free_time_hosts_person_id_fkey;
alter table free_time_hosts add constraint free_time_hosts_person_id_fkey
    foreign key (person_id) references profiles on delete cascade;
