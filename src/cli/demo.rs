//! stub
use super::Failure;
use crate::config::Config;
pub fn run(_config: Config) -> Result<(), Failure> {
    Err("not yet".into())
}
