create function signature_of(tags text[]) returns bigint language sql immutable strict as $$
    select coalesce(bit_or(1::bigint << (('x' || left(md5(tag), 2))::bit(8)::integer & 63)), 0)
    from unnest(tags) tag where tag not like 'word:%'
$$;
comment on function signature_of(text[]) is 'A bit for each tag, out of 64: whoever lacks a bit that is asked for lacks the tag.';

alter table listings
    add column signature bigint not null generated always as (signature_of(tags)) stored,
    add column handle text not null default '',
    add column name text not null default '',
    add column headline text not null default '',
    add column horizon_days smallint;
comment on table listings is 'Alumni who can be booked, with what searches ask for and show.';
comment on column listings.signature is 'Of the tags.';
comment on column listings.horizon_days is 'None: the default.';

create or replace function refresh_listing(of uuid) returns void language sql as $$
    -- Nobody writes free times of theirs with an older signature meanwhile.
    select from people where id = of for no key update;
    with found as (
        select p.id, pr.topics, pr.languages, pr.paused_at is not null as paused, pr.handle, p.name, pr.headline, a.horizon_days,
               lower(concat_ws(' ', p.name, pr.headline, pr.employer, pr.field, array_to_string(pr.topics, ' '), pr.bio)) as words
        from people p join profiles pr on pr.person_id = p.id left join availability a on a.person_id = p.id
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
    insert into listings (person_id, tags, words, topics, languages, paused, handle, name, headline, horizon_days)
    select id, tags, words, topics, languages, paused, handle, name, headline, horizon_days from listed
    on conflict (person_id) do update
        set tags = excluded.tags, words = excluded.words, topics = excluded.topics, languages = excluded.languages,
            paused = excluded.paused, handle = excluded.handle, name = excluded.name, headline = excluded.headline,
            horizon_days = excluded.horizon_days;
$$;

drop trigger listing_follows on profiles;
create trigger listing_follows after insert or update of handle, headline, employer, field, topics, languages, bio, paused_at, unlisted_at on profiles
    for each row execute function listing_follows();
create trigger listing_follows after insert or update of horizon_days on availability
    for each row execute function listing_follows();

drop index free_times_coming;
drop index free_times_under_way;
alter table free_times add column signature bigint not null default 0;
comment on column free_times.signature is 'Of the host''s listing: a search passes over those that lack what it asks for without looking at listings.';

select refresh_listing(person_id) from profiles;
update free_times f set signature = l.signature from listings l where l.person_id = f.person_id;
create index free_times_coming on free_times (notice_minutes, starts_at)
    include (signature, person_id, anchor, starts_before, ends_at);
create index free_times_under_way on free_times (notice_minutes, lot, starts_at)
    include (signature, person_id, anchor, starts_before, ends_at);

create function free_times_follow() returns trigger language plpgsql as $$
begin
    update free_times set signature = new.signature where person_id = new.person_id and signature <> new.signature;
    return null;
end
$$;
create trigger free_times_follow after insert or update of tags on listings
    for each row execute function free_times_follow();

-- One index for all that is asked for finds the few among the many, whichever of it is rare.
drop index listings_tags;
drop index listings_words;
create index listings_asked on listings using gin (tags, words gin_trgm_ops);
-- A sample tells how many offer a service, as for anything else.
drop index services_open;
