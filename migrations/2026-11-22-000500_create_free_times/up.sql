create extension if not exists pg_trgm;

alter table availability add column wished_per_month smallint;
alter table availability add constraint availability_wish_in_range
    check (wished_per_month between 1 and 100);
comment on column availability.wished_per_month is 'Sessions a month that the host would like; below it the host is shown first.';

create table free_times (
    person_id uuid not null references people on delete cascade,
    anchor timestamptz not null,
    starts_at timestamptz not null,
    starts_before timestamptz not null,
    ends_at timestamptz not null,
    lot smallint not null,
    notice_minutes integer not null,
    primary key (person_id, anchor, starts_at)
);
comment on table free_times is 'Free time of hosts, kept with whatever it follows from; the engine decides what may be booked.';
comment on column free_times.anchor is 'Where the window begins: slots start on the grid from here.';
comment on column free_times.starts_before is 'Sessions start before this.';
comment on column free_times.ends_at is 'Sessions end by then.';
comment on column free_times.lot is 'From the person''s id: searches begin with another lot each day, so that nobody is always first.';
comment on column free_times.notice_minutes is 'The host''s minimum notice.';
create index free_times_coming on free_times (notice_minutes, starts_at);
create index free_times_under_way on free_times (notice_minutes, lot, starts_at) include (ends_at, starts_before, person_id, anchor);

create table free_time_hosts (
    person_id uuid primary key references people on delete cascade,
    reaches_until timestamptz not null default 'epoch',
    renew_at timestamptz not null default 'epoch',
    zone_data text not null default ''
);
comment on table free_time_hosts is 'How far ahead the free times of each host are kept, and when they are due to be carried on.';
comment on column free_time_hosts.zone_data is 'The release of the zone data that they were made with.';
create index free_time_hosts_due on free_time_hosts (renew_at);

create table listings (
    person_id uuid primary key references people on delete cascade,
    tags text[] not null,
    words text not null,
    topics text[] not null,
    languages text[] not null,
    load integer not null default 0
);
comment on table listings is 'Alumni who can be booked at present, with what searches ask for.';
comment on column listings.tags is 'service:, topic: and language:, each with a word in lower case.';
comment on column listings.words is 'Name, headline, employer, field, topics and bio in lower case.';
comment on column listings.load is 'Sessions of 30 days in percent of what is wished; renewed hourly.';
create index listings_tags on listings using gin (tags);
create index listings_words on listings using gin (words gin_trgm_ops);

create index profiles_paused on profiles (person_id) where paused_at is not null;

create function refresh_listing(of uuid) returns void language sql as $$
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

create table vocabulary (
    kind text not null,
    word text not null,
    listed integer not null,
    primary key (kind, word),
    constraint vocabulary_kind_is_known check (kind in ('topic', 'language'))
);
comment on table vocabulary is 'The topics and languages of all listings, for choosing from.';
comment on column vocabulary.listed is 'How many listings have it.';
create index vocabulary_listed on vocabulary (kind, listed desc, word);

create function count_words() returns trigger language plpgsql as $$
declare
    before_topics text[] := case when tg_op <> 'INSERT' then old.topics else '{}' end;
    before_languages text[] := case when tg_op <> 'INSERT' then old.languages else '{}' end;
    after_topics text[] := case when tg_op <> 'DELETE' then new.topics else '{}' end;
    after_languages text[] := case when tg_op <> 'DELETE' then new.languages else '{}' end;
begin
    if before_topics = after_topics and before_languages = after_languages then
        return null;
    end if;
    -- In order of the key, so that two transactions never wait for each other.
    insert into vocabulary as v (kind, word, listed)
    select kind, word, sum(change) from (
        select 'topic' as kind, unnest(after_topics) as word, 1 as change
        union all select 'topic', unnest(before_topics), -1
        union all select 'language', unnest(after_languages), 1
        union all select 'language', unnest(before_languages), -1
    ) changes group by kind, word having sum(change) <> 0 order by kind, word
    on conflict (kind, word) do update set listed = v.listed + excluded.listed;
    delete from vocabulary where listed <= 0 and word = any(before_topics || before_languages);
    return null;
end
$$;
create trigger count_words after insert or delete or update of topics, languages on listings
    for each row execute function count_words();

create function listing_follows() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'people' then
        perform refresh_listing(new.id);
    elsif tg_op = 'DELETE' then
        perform refresh_listing(old.person_id);
    else
        perform refresh_listing(new.person_id);
        if tg_table_name = 'profiles' then
            insert into free_time_hosts (person_id) values (new.person_id) on conflict do nothing;
        end if;
    end if;
    return null;
end
$$;
comment on function listing_follows() is 'A listing is never older than what it is made from, whoever changes that.';

create trigger listing_follows after update of name, roles, standing on people
    for each row execute function listing_follows();
create trigger listing_follows after insert or update of headline, employer, field, topics, languages, bio, paused_at, unlisted_at on profiles
    for each row execute function listing_follows();
create trigger listing_follows after insert or delete or update of kind, closed_at on services
    for each row execute function listing_follows();

select refresh_listing(person_id) from profiles;
insert into free_time_hosts (person_id) select person_id from profiles;
