//! Every query about the catalogue of topics.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use super::Topic;
use crate::db::{
    Conn, Kept, Tx,
    schema::{topic_aliases, topics},
    types::Words,
};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::BigInt)]
    listed: i64,
    #[diesel(sql_type = sql_types::Array<sql_types::Nullable<sql_types::Text>>)]
    aliases: Words,
}

/// All of it, in the order of the alphabet.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<Topic>> {
    let rows: Vec<Row> = Kept(diesel::sql_query(
        "with used as (select lower(w) as word, count(*) as listed from profiles, unnest(topics) w group by 1) \
         select t.name, coalesce(u.listed, 0) as listed, \
             coalesce((select array_agg(a.word order by a.word) from topic_aliases a where a.name = t.name), '{}') as aliases \
         from topics t left join used u on u.word = lower(t.name) order by lower(t.name)",
    ))
    .load(conn)?;
    let topic = |row: Row| Topic {
        name: row.name,
        listed: row.listed,
        aliases: row.aliases.0,
    };
    Ok(rows.into_iter().map(topic).collect())
}

/// The names, in the order of the alphabet.
pub fn names(conn: &mut Conn) -> QueryResult<Vec<String>> {
    topics::table
        .order(topics::name)
        .select(topics::name)
        .load(conn)
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = sql_types::Text)]
    word: String,
    #[diesel(sql_type = sql_types::BigInt)]
    listed: i64,
}

/// What alumni list that is in no catalogue, what most of them do first, each with how many.
pub fn others(conn: &mut Conn) -> QueryResult<Vec<(String, i64)>> {
    let words: Vec<Word> = Kept(diesel::sql_query(
        "select min(w) as word, count(*) as listed from profiles, unnest(topics) w \
         where not exists (select from topics t where lower(t.name) = lower(w)) \
         group by lower(w) order by listed desc, word limit 200",
    ))
    .load(conn)?;
    Ok(words
        .into_iter()
        .map(|row| (row.word, row.listed))
        .collect())
}

/// Lets one transaction at a time change it.
pub fn lock(tx: &mut Tx) -> QueryResult<()> {
    tx.locked();
    diesel::sql_query("select pg_advisory_xact_lock(hashtext('almanac topics'))")
        .execute(&mut **tx)
        .map(drop)
}

/// The topic of that name, in whatever case it is typed; or the one that it is another word for.
pub fn find(conn: &mut Conn, word: &str) -> QueryResult<Option<String>> {
    Ok(canonical(conn, &[word.to_owned()])?.pop().flatten())
}

#[derive(QueryableByName)]
struct Canonical {
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    name: Option<String>,
}

/// What the catalogue calls each of these words; none: it does not know it.
pub fn canonical(conn: &mut Conn, words: &[String]) -> QueryResult<Vec<Option<String>>> {
    let found: Vec<Canonical> = Kept(
        diesel::sql_query(
            "select coalesce((select t.name from topics t where lower(t.name) = lower(w)), \
                 (select a.name from topic_aliases a where a.word = lower(w))) as name \
             from unnest($1) with ordinality u (w, i) order by i",
        )
        .bind::<sql_types::Array<sql_types::Text>, _>(words.to_vec()),
    )
    .load(conn)?;
    Ok(found.into_iter().map(|row| row.name).collect())
}

/// The words as the catalogue has them, each once; what it does not know stays as it is typed.
pub fn as_in_catalogue(conn: &mut Conn, words: &[String]) -> QueryResult<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    for (word, name) in words.iter().zip(canonical(conn, words)?) {
        let word = name.unwrap_or_else(|| word.clone());
        if !all
            .iter()
            .any(|known| known.to_lowercase() == word.to_lowercase())
        {
            all.push(word);
        }
    }
    Ok(all)
}

pub fn insert(conn: &mut Conn, name: &str, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::insert_into(topics::table)
        .values((topics::name.eq(name), topics::created_at.eq(now)))
        .execute(conn)
        .map(drop)
}

pub fn count(conn: &mut Conn) -> QueryResult<i64> {
    topics::table.count().get_result(conn)
}

pub fn rename(conn: &mut Conn, name: &str, to: &str) -> QueryResult<()> {
    diesel::update(topics::table.find(name))
        .set(topics::name.eq(to))
        .execute(conn)
        .map(drop)
}

pub fn remove(conn: &mut Conn, name: &str) -> QueryResult<()> {
    diesel::delete(topics::table.find(name))
        .execute(conn)
        .map(drop)
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = sql_types::Bool)]
    is_so: bool,
}

/// Whether two words are one in lower case: as the database has it, which keeps them.
pub fn is_same(conn: &mut Conn, one: &str, other: &str) -> QueryResult<bool> {
    diesel::sql_query("select lower($1) = lower($2) as is_so")
        .bind::<sql_types::Text, _>(one)
        .bind::<sql_types::Text, _>(other)
        .get_result::<Answer>(conn)
        .map(|answer| answer.is_so)
}

/// Whether somebody lists a word.
pub fn is_listed(conn: &mut Conn, word: &str) -> QueryResult<bool> {
    diesel::sql_query(
        "select exists (select from profiles, unnest(topics) w where lower(w) = lower($1)) as is_so",
    )
    .bind::<sql_types::Text, _>(word)
    .get_result::<Answer>(conn)
    .map(|answer| answer.is_so)
}

/// Makes a word another word for a topic.
pub fn put_alias(conn: &mut Conn, word: &str, name: &str) -> QueryResult<()> {
    diesel::sql_query(
        "insert into topic_aliases (word, name) values (lower($1), $2) \
         on conflict (word) do update set name = excluded.name",
    )
    .bind::<sql_types::Text, _>(word)
    .bind::<sql_types::Text, _>(name)
    .execute(conn)
    .map(drop)
}

/// A word that is a topic of its own is no other word for one.
pub fn remove_alias(conn: &mut Conn, word: &str) -> QueryResult<()> {
    diesel::sql_query("delete from topic_aliases where word = lower($1)")
        .bind::<sql_types::Text, _>(word)
        .execute(conn)
        .map(drop)
}

/// Gives the other words of a topic to another one.
pub fn move_aliases(conn: &mut Conn, from: &str, to: &str) -> QueryResult<()> {
    diesel::update(topic_aliases::table.filter(topic_aliases::name.eq(from)))
        .set(topic_aliases::name.eq(to))
        .execute(conn)
        .map(drop)
}

/// Writes a word as another one wherever it is listed or waited for, each once.
pub fn rewrite(conn: &mut Conn, word: &str, to: &str) -> QueryResult<()> {
    // Wishes are kept in lower case.
    for (table, to) in [("profiles", to.to_owned()), ("wishes", to.to_lowercase())] {
        diesel::sql_query(format!(
            "update {table} set topics = (select array_agg(t order by first) from ( \
                 select t, min(i) as first from ( \
                     select case when lower(w) in (lower($1), lower($2)) then $2 else w end as t, i \
                     from unnest(topics) with ordinality u (w, i)) each group by t) once) \
             where exists (select from unnest(topics) w where lower(w) = lower($1))"
        ))
        .bind::<sql_types::Text, _>(word)
        .bind::<sql_types::Text, _>(to)
        .execute(conn)?;
    }
    Ok(())
}
