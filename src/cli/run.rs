//! Runs a command.

use std::path::Path;

use super::{
    Cli, Command, Failure, PersonCommand, ProgramCommand, backup, busy, check,
    database::open_database, demo, matching, person, personal_data, program, seed, serve, slots,
};
use crate::{
    config::Config,
    db::{self, Conn, private::Purpose},
};

/// Runs one command.
pub fn run(cli: Cli) -> Result<(), Failure> {
    // Pure ones need neither settings nor a database.
    match &cli.command {
        Command::Slots { file } => return slots::run(file.as_deref()),
        Command::Busy(wanted) => return busy::run(wanted),
        Command::Match { file, check } => return matching::run(file.as_deref(), check.as_deref()),
        Command::Program(ProgramCommand::Template { name }) => {
            return program::print_template(name.as_deref());
        }
        Command::Program(ProgramCommand::Schema) => return program::print_schema(),
        Command::Program(ProgramCommand::Check { file, json, today }) => {
            return program::check_file(file, *json, *today);
        }
        Command::Program(ProgramCommand::Diff { before, after })
            if [before, after].iter().all(|name| Path::new(name).is_file()) =>
        {
            return program::diff(before, after, |_| Ok(None));
        }
        _ => {}
    }
    let mut config = Config::from_env()?;
    if matches!(cli.command, Command::Demo) {
        config.data_dir = config.data_dir.join("demo");
    }
    // Letters hold links that sign in, uploads are private: nobody else on this machine reads what is written.
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    // A check looks, and changes nothing.
    if !matches!(cli.command, Command::Check { .. }) {
        config.close_data_dir()?;
    }
    match cli.command {
        Command::Serve => serve::run(config, serve::log_to_stderr()),
        Command::Demo => demo::run(config),
        Command::Check { bookings } => check::run(&config, bookings),
        Command::Migrate => with_database(&config, |_, _| {
            println!("the database is up to date");
            Ok(())
        }),
        Command::Person(PersonCommand::Add(wanted)) => {
            with_database(&config, |conn, _| person::add(conn, &wanted))
        }
        Command::Person(PersonCommand::Export { email, file }) => {
            with_database(&config, |conn, config| {
                personal_data::export(conn, config, &email, &file)
            })
        }
        Command::Person(PersonCommand::Erase(wanted)) => with_database(&config, |conn, config| {
            personal_data::erase(conn, config, &wanted.email)
        }),
        Command::Person(PersonCommand::ChangeEmail { email, to }) => {
            with_database(&config, |conn, _| person::change_email(conn, &email, &to))
        }
        Command::Person(PersonCommand::ForgetSecondFactor(wanted)) => {
            with_database(&config, |conn, _| {
                person::forget_second_factor(conn, &wanted.email)
            })
        }
        Command::Person(PersonCommand::Import { file, preview }) => {
            with_database(&config, |conn, _| person::import(conn, &file, preview))
        }
        Command::SignInLink(wanted) => with_database(&config, |conn, config| {
            person::sign_in_link(conn, config, &wanted.email)
        }),
        Command::Program(ProgramCommand::Rehearse { file, people, seed }) => {
            program::rehearse(&config, &file, people, seed)
        }
        Command::Program(wanted) => with_database(&config, |conn, _| program::run(conn, &wanted)),
        Command::Backup { file } => backup::backup(&config, &file),
        Command::Restore { file, force } => backup::restore(&config, &file, force),
        Command::Bounce => with_database(&config, |conn, _| person::bounce(conn)),
        Command::Token(wanted) => with_database(&config, |conn, _| {
            person::token(conn, &wanted.email, &wanted.name, wanted.days)
        }),
        Command::Seed(wanted) => with_database(&config, |conn, _| seed::run(conn, &wanted)),
        Command::Slots { .. } | Command::Busy(_) | Command::Match { .. } => {
            unreachable!("done above")
        }
    }
}

/// Runs `work` on one connection to the migrated database.
fn with_database(
    config: &Config,
    work: impl FnOnce(&mut Conn, &Config) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (_private, url) = open_database(config, Purpose::Command)?;
    let mut conn = db::connect(&url)?;
    db::migrate(&mut conn)?;
    work(&mut conn, config)
}
