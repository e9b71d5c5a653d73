//! The command line: one file per command that is more than a few lines.

pub mod backup;
pub mod busy;
pub mod check;
pub mod demo;
pub mod person;
pub mod personal_data;
pub mod seed;
pub mod serve;
pub mod slots;
pub mod texts;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::ExposeSecret;

use crate::{
    config::Config,
    db::{
        self, Conn,
        private::{Private, Purpose},
    },
    people::Role,
};

/// A booking marketplace for alumni sessions. Settings are environment variables; see the README.
#[derive(Parser, Debug)]
#[command(name = "almanac", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Migrates the database, serves the site and sends its mail, until SIGTERM or SIGINT
    Serve,
    /// Serves a demonstration on a private database of its own, filled with people and bookings
    Demo,
    /// Brings the database to this version and exits
    Migrate,
    /// Writes the database and all files to one archive, as they are at one moment; the site may run meanwhile
    Backup { file: PathBuf },
    /// Puts a backup in the place of the database and the files; the site must not run
    Restore {
        file: PathBuf,
        /// Deletes the database that is there
        #[arg(long)]
        force: bool,
    },
    /// Makes, updates or imports people
    #[command(subcommand)]
    Person(PersonCommand),
    /// Prints a one-time sign-in link, good for ten minutes
    SignInLink(Email),
    /// Prints a new API token
    Token(MakeToken),
    /// Fills the database with synthetic people and bookings, for measuring
    Seed(Seed),
    /// Reads cases (JSON Lines) and prints the slots of each, one answer a line
    Slots {
        /// Standard input without one
        file: Option<PathBuf>,
    },
    /// Prints when a foreign calendar says that its owner is busy; exit 2: no calendar, 3: too costly
    Busy(busy::Busy),
    /// Takes a bounce or a complaint on standard input, as a mail server hands it to a command: marks the
    /// address and tells coordinators
    Bounce,
    /// Checks configuration, database, zone data, mail server and disk
    Check {
        /// Lists the bookings whose claims on time are not as they must be
        #[arg(long)]
        bookings: bool,
    },
}

#[derive(Subcommand, Debug)]
pub enum PersonCommand {
    /// Makes or updates a person; roles are added to those the person has
    Add(AddPerson),
    /// Gives an account another address; the old one is told
    ChangeEmail {
        #[arg(long)]
        email: String,
        #[arg(long)]
        to: String,
    },
    /// Lets somebody who has lost their phone and their recovery codes sign in by the link alone
    ForgetSecondFactor(Email),
    /// Writes everything about a person to a ZIP file: JSON, and the files they have sent
    Export {
        #[arg(long)]
        email: String,
        file: PathBuf,
    },
    /// Deletes an account for good: cancels what is ahead, leaves what others need without a name
    Erase(Email),
    /// Makes or updates many from a spreadsheet saved as CSV (email,name,roles,zone,graduates_on,standing); all or nothing.
    /// People who are there already have the roles of the file afterwards, and no others
    Import {
        file: PathBuf,
        /// Only says what would change
        #[arg(long)]
        preview: bool,
    },
}

#[derive(Args, Debug)]
pub struct AddPerson {
    #[arg(long)]
    pub email: String,
    #[arg(long)]
    pub name: String,
    #[arg(long, required = true)]
    pub role: Vec<RoleName>,
    /// IANA time zone; UTC for a new person without one
    #[arg(long)]
    pub zone: Option<String>,
}

#[derive(Args, Debug)]
pub struct Email {
    #[arg(long)]
    pub email: String,
}

#[derive(Args, Debug)]
pub struct MakeToken {
    #[arg(long)]
    pub email: String,
    /// What it is for, as its owner finds it in the settings
    #[arg(long, default_value = "Command line")]
    pub name: String,
    /// For how many days it works; without, until it is revoked
    #[arg(long)]
    pub days: Option<u16>,
}

#[derive(Args, Debug)]
pub struct Seed {
    #[arg(long, default_value_t = 100)]
    pub alumni: usize,
    #[arg(long, default_value_t = 100)]
    pub students: usize,
    /// Bookings of each alumnus
    #[arg(long, default_value_t = 10)]
    pub bookings: usize,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum RoleName {
    Student,
    Alumnus,
    Coordinator,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Student => Self::Student,
            RoleName::Alumnus => Self::Alumnus,
            RoleName::Coordinator => Self::Coordinator,
            RoleName::Admin => Self::Admin,
        }
    }
}

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs one command.
pub fn run(cli: Cli) -> Result<(), Failure> {
    // Pure ones need neither settings nor a database.
    match &cli.command {
        Command::Slots { file } => return slots::run(file.as_deref()),
        Command::Busy(wanted) => return busy::run(wanted),
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
            println!("the database is of this version");
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
        Command::Backup { file } => backup::backup(&config, &file),
        Command::Restore { file, force } => backup::restore(&config, &file, force),
        Command::Bounce => with_database(&config, |conn, _| person::bounce(conn)),
        Command::Token(wanted) => with_database(&config, |conn, _| {
            person::token(conn, &wanted.email, &wanted.name, wanted.days)
        }),
        Command::Seed(wanted) => with_database(&config, |conn, _| seed::run(conn, &wanted)),
        Command::Slots { .. } | Command::Busy(_) => unreachable!("done above"),
    }
}

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
