create index services_open on services (kind) include (person_id) where closed_at is null;
drop index listings_asked;
create index listings_tags on listings using gin (tags);
create index listings_words on listings using gin (words gin_trgm_ops);
drop index free_times_under_way;
drop index free_times_coming;
create index free_times_coming on free_times (notice_minutes, starts_at);
create index free_times_under_way on free_times (notice_minutes, lot, starts_at) include (ends_at, starts_before, person_id, anchor);
drop trigger free_times_follow on listings;
drop function free_times_follow();
alter table free_times drop column signature;
drop trigger listing_follows on availability;
drop trigger listing_follows on profiles;
create trigger listing_follows after insert or update of headline, employer, field, topics, languages, bio, paused_at, unlisted_at on profiles
    for each row execute function listing_follows();

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

comment on table listings is 'Alumni who can be booked at present, with what searches ask for.';
alter table listings drop column horizon_days, drop column headline, drop column name, drop column handle, drop column signature;
drop function signature_of(text[]);
