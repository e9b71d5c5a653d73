//! The database that a command works on.

use secrecy::ExposeSecret;

use super::Failure;
use crate::{
    config::Config,
    db::private::{Private, Purpose},
};

/// The private server if one is needed, and the address of the database.
pub fn open_database(
    config: &Config,
    purpose: Purpose,
) -> Result<(Option<Private>, String), Failure> {
    match &config.database_url {
        Some(url) => Ok((None, url.expose_secret().to_owned())),
        None => {
            let private = Private::start(&config.data_dir, purpose)?;
            let url = private.url().to_owned();
            Ok((Some(private), url))
        }
    }
}
