-- What only the members of a program can book makes nobody part of the marketplace.
create or replace function refresh_listing(of uuid) returns void language sql as $$
    -- Nobody writes free times of theirs with an older signature meanwhile.
    select from people where id = of for no key update;
    with found as (
        select p.id, pr.topics, pr.languages, pr.paused_at is not null as paused, pr.handle, p.name, pr.headline, a.horizon_days,
               lower(concat_ws(' ', p.name, pr.headline, pr.employer, pr.field, array_to_string(pr.topics, ' '), pr.bio)) as words
        from people p join profiles pr on pr.person_id = p.id left join availability a on a.person_id = p.id
        where p.id = of and p.standing = 'active' and p.roles @> array['alumnus'] and pr.unlisted_at is null
          and exists (select from services s where s.person_id = p.id and s.closed_at is null and s.program_id is null)
    ), listed as (
        select *,
               array(select 'service:' || s.kind from services s where s.person_id = found.id and s.closed_at is null and s.program_id is null)
               || array(select 'topic:' || lower(t) from unnest(topics) t)
               || array(select 'language:' || lower(l) from unnest(languages) l)
               || array(select distinct 'word:' || w from regexp_split_to_table(words, '[^[:alnum:]]+') w where length(w) in (1, 2)) as tags
        from found
    ), gone as (
        delete from listings where person_id = of and not exists (select from listed)
    )
    insert into listings (person_id, tags, words, topics, languages, paused, handle, name, headline, horizon_days)
    select id, tags, words, topics, languages, paused, handle, name, headline, horizon_days from listed
    on conflict (person_id) do update
        set tags = excluded.tags, words = excluded.words, topics = excluded.topics, languages = excluded.languages,
            paused = excluded.paused, handle = excluded.handle, name = excluded.name, headline = excluded.headline,
            horizon_days = excluded.horizon_days;
$$;

drop trigger listing_follows on services;
create trigger listing_follows after insert or delete or update of kind, closed_at, program_id on services
    for each row execute function listing_follows();

select refresh_listing(person_id) from profiles;
