//! A database of one's own on the server of another, which is dropped in the end.

use diesel::{RunQueryDsl, connection::SimpleConnection};

use super::{DbError, connect};

diesel::define_sql_function! {
    /// The name of the database that is connected to.
    fn current_database() -> diesel::sql_types::Text;
}

/// A new database without tables. It goes when this does.
pub struct Scratch {
    server: String,
    name: String,
    url: String,
}

impl Scratch {
    /// # Errors
    ///
    /// Where the server cannot be reached, or lets this user create no databases.
    pub fn beside(url: &str) -> Result<Self, DbError> {
        let mut conn = connect(url).map_err(|error| DbError::Unavailable(error.to_string()))?;
        let beside: String = diesel::select(current_database()).get_result(&mut conn)?;
        let beside: String = beside
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
            .take(20)
            .collect();
        let name = format!(
            "{beside}_scratch_{}",
            &uuid::Uuid::new_v4().simple().to_string()[..12]
        );
        conn.batch_execute(&format!("create database \"{name}\" template template0"))?;
        Ok(Self {
            server: url.to_owned(),
            url: with_database(url, &name),
            name,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let dropped = connect(&self.server).map(|mut conn| {
            conn.batch_execute(&format!(
                "drop database if exists \"{}\" with (force)",
                self.name
            ))
        });
        if !matches!(dropped, Ok(Ok(()))) {
            tracing::warn!(database = self.name, "it could not be dropped");
        }
    }
}

/// The address of another database on the same server: as an address or in keywords, as libpq takes both.
fn with_database(url: &str, name: &str) -> String {
    if !url.contains("://") {
        return format!("{url} dbname={name}");
    }
    let (address, query) = match url.split_once('?') {
        Some((address, query)) => (address, format!("?{query}")),
        None => (url, String::new()),
    };
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    let server = match address[after_scheme..].find('/') {
        Some(at) => &address[..after_scheme + at],
        None => address,
    };
    format!("{server}/{name}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server_is_named_as_the_first_one_is() {
        for (url, expected) in [
            (
                "postgres://a:b@db/site?sslmode=require",
                "postgres://a:b@db/x?sslmode=require",
            ),
            (
                "postgres://almanac@%2Frun/almanac",
                "postgres://almanac@%2Frun/x",
            ),
            ("postgresql://db", "postgresql://db/x"),
            ("host=/run dbname=site", "host=/run dbname=site dbname=x"),
        ] {
            assert_eq!(with_database(url, "x"), expected);
        }
    }
}
