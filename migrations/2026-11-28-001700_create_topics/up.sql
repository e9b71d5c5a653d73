create table topics (
    name text primary key,
    created_at timestamptz not null,
    constraint topics_have_a_name check (name <> '')
);
comment on table topics is 'The catalogue of topics and skills: what alumni list, and what forms of programs propose. Coordinators edit it.';
create unique index topics_once on topics (lower(name));

create table topic_aliases (
    word text primary key,
    name text not null references topics (name) on update cascade on delete cascade,
    constraint topic_aliases_are_lower check (word = lower(word))
);
comment on table topic_aliases is 'Other words for topics: what they were called before, or what was merged into them.';
create index topic_aliases_of on topic_aliases (name);
