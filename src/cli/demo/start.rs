//! Begins the demonstration from scratch, and serves it.

use chrono::{DateTime, Utc};
use diesel::{Connection, RunQueryDsl, connection::SimpleConnection};
use rand::{SeedableRng, rngs::StdRng};

use super::{
    ALUMNUS, COORDINATOR, STUDENT, applications, as_of, people, programs, sessions, texts,
};
use crate::{
    bookings::{self, FairUse},
    cli::{Failure, serve},
    clock::Clock,
    config::Config,
    db::{
        self, Conn,
        private::{Private, Purpose},
        schema,
    },
    keys::Keys,
    people::{join, profile, sign_in},
    slots::{self, index},
};

/// Serves the demonstration; every start begins from scratch.
pub fn run(config: Config) -> Result<(), Failure> {
    let log = serve::log_to_stderr();
    let private = Private::start(&config.data_dir, Purpose::Serve)?;
    let mut conn = db::connect(private.url())?;
    conn.batch_execute("drop schema if exists public cascade; create schema public")?;
    db::migrate(&mut conn)?;
    let now = Clock::System.now();
    conn.transaction::<_, Failure, _>(|conn| fill(conn, now))?;
    let keys = Keys::new(&config.secret_key()?);
    println!("\nAlmanac demonstration: {}\n", config.address());
    for (who, email) in [
        ("a student", STUDENT),
        ("an alumnus", ALUMNUS),
        ("a coordinator", COORDINATOR),
    ] {
        let link = as_of(&mut conn, now, |tx| sign_in::make_link(tx, email, "/me"))?;
        println!(
            "Sign in as {who} ({email}), within ten minutes:\n  {}\n",
            config.link(&sign_in::path(&keys, link))
        );
    }
    println!(
        "Emails are written to {}\nPress Ctrl-C to stop. The next start begins from scratch.\n",
        config.data_dir.join("mail").display()
    );
    drop(conn);
    let served = serve::prepare_and_serve(config, private.url());
    drop(log);
    served
}

fn fill(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), Failure> {
    let mut rng = StdRng::seed_from_u64(7);
    join::store::add_domain(conn, "students.example.org", false, now)?;
    let mut alumni = Vec::new();
    for number in 0..texts::ALUMNI.len() {
        alumni.push(people::alumnus(conn, number, &mut rng, now)?);
    }
    let students = people::students(conn, now)?;
    people::coordinator(conn, now)?;
    people::ask_to_join(conn, now)?;
    sessions::book_some(conn, &students, &mut rng, now)?;
    sessions::meet_together(conn, &students[..4], &mut rng, now)?;
    sessions::look_back(conn, &mut rng, now)?;
    sessions::wait_for_some(conn, &students, now)?;
    // A board with every state on it: one paused, one without times.
    profile::store::set_paused(conn, alumni[13], Some(now), None)?;
    slots::store::put_weekly(conn, alumni[22], &Default::default())?;
    as_of(conn, now, |tx| index::refresh(tx, alumni[22]))?;
    index::store::renew_loads(conn, now)?;
    let caps = FairUse {
        open_per_guest: Some(10),
        open_per_pair: Some(3),
    };
    bookings::store::set_fair_use(conn, &caps)?;
    as_of(conn, now, |tx| programs::insert(tx, now.date_naive()))?;
    let lead = crate::people::store::person_by_email(conn, COORDINATOR)?
        .ok_or("the coordinator has just been added")?;
    applications::insert(conn, lead.id, now)?;
    // Letters about an invented past would only confuse.
    diesel::delete(schema::jobs::table).execute(conn)?;
    Ok(())
}
