use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What a calendar of these lines, read by the clocks of Berlin, makes busy between two instants.
fn busy(lines: &str, from: &str, until: &str) -> Vec<String> {
    reading(lines, from, until)
        .busy
        .iter()
        .map(|s| {
            format!(
                "{} {}",
                s.start.format("%m-%dT%H:%M"),
                s.end.format("%m-%dT%H:%M")
            )
        })
        .collect()
}

fn reading(lines: &str, from: &str, until: &str) -> Reading {
    let zone = Zone::named("Europe/Berlin").unwrap();
    let question = Question {
        window: Span::new(at(from), at(until)),
        zone: &zone,
        count_free: false,
        is_own: &|uid| uid == "ours",
    };
    let text = format!("BEGIN:VCALENDAR\n{lines}\nEND:VCALENDAR\n");
    read(text.as_bytes(), &question).unwrap()
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")
}

const NOVEMBER: (&str, &str) = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");

fn in_november(lines: &str) -> Vec<String> {
    busy(lines, NOVEMBER.0, NOVEMBER.1)
}

#[test]
fn a_series_keeps_its_hour_across_clock_changes() {
    let weekly = event(
        "UID:a\nDTSTART;TZID=Europe/Berlin:20261019T090000\nDTEND;TZID=Europe/Berlin:20261019T100000\nRRULE:FREQ=WEEKLY;COUNT=3",
    );
    assert_eq!(
        busy(&weekly, "2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        [
            "10-19T07:00 10-19T08:00",
            "10-26T08:00 10-26T09:00",
            "11-02T08:00 11-02T09:00"
        ]
    );
}

#[test]
fn whole_days_are_the_owners() {
    assert_eq!(
        in_november(&event("DTSTART;VALUE=DATE:20261110")),
        ["11-09T23:00 11-10T23:00"]
    );
    assert_eq!(
        in_november(&event(
            "DTSTART;VALUE=DATE:20261110\nDTEND;VALUE=DATE:20261110"
        )),
        ["11-09T23:00 11-10T23:00"]
    );
    assert_eq!(
        in_november(&event(
            "DTSTART;VALUE=DATE:20261110\nDTEND;VALUE=DATE:20261112"
        )),
        ["11-09T23:00 11-11T23:00"]
    );
    assert_eq!(
        in_november(&event(
            "DTSTART;VALUE=DATE:20261110\nDTEND;VALUE=DATE:20261109"
        )),
        [""; 0]
    );
    // The day the clocks go back has 25 hours.
    assert_eq!(
        busy(
            &event("DTSTART;VALUE=DATE:20261025"),
            "2026-10-20T00:00:00Z",
            NOVEMBER.1
        ),
        ["10-24T22:00 10-25T23:00"]
    );
}

#[test]
fn exceptions_in_every_form() {
    let daily = "UID:a\nDTSTART;TZID=Europe/Berlin:20261109T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261114\n";
    let except = "EXDATE:20261110T080000Z\nEXDATE;TZID=America/New_York:20261111T030000\nEXDATE;VALUE=DATE:20261112\nEXDATE:20261113T090000";
    assert_eq!(
        in_november(&event(&format!("{daily}{except}"))),
        ["11-09T08:00 11-09T09:00", "11-14T08:00 11-14T09:00"]
    );
    let rdate = "RDATE;VALUE=PERIOD:20261120T100000Z/PT30M,20261121T100000Z/20261121T110000Z\nRDATE;VALUE=DATE:20261122";
    assert_eq!(
        in_november(&event(&format!(
            "UID:b\nDTSTART;TZID=Europe/Berlin:20261109T090000\nDURATION:PT1H\n{rdate}"
        ))),
        [
            "11-09T08:00 11-09T09:00",
            "11-20T10:00 11-20T10:30",
            "11-21T10:00 11-21T11:00",
            "11-22T08:00 11-22T09:00"
        ]
    );
}

#[test]
fn changed_instances() {
    let master = event(
        "UID:a\nSEQUENCE:2\nDTSTART:20261109T090000Z\nDTEND:20261109T100000Z\nRRULE:FREQ=DAILY;COUNT=5",
    );
    let change = |lines: &str| event(&format!("UID:a\nDURATION:PT1H\n{lines}"));
    let moved = change("SEQUENCE:2\nRECURRENCE-ID:20261110T090000Z\nDTSTART:20261110T150000Z");
    let cancelled = change(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261111T100000\nDTSTART:20261111T090000Z\nSTATUS:CANCELLED",
    );
    let free =
        change("RECURRENCE-ID;VALUE=DATE:20261112\nDTSTART:20261112T090000Z\nTRANSP:TRANSPARENT");
    let stale = change("SEQUENCE:1\nRECURRENCE-ID:20261113T070000Z\nDTSTART:20261120T070000Z");
    let added = change("SEQUENCE:3\nRECURRENCE-ID:20261125T070000Z\nDTSTART:20261125T070000Z");
    assert_eq!(
        in_november(&[master.as_str(), &moved, &cancelled, &free, &stale, &added].concat()),
        [
            "11-09T09:00 11-09T10:00",
            "11-10T15:00 11-10T16:00",
            "11-13T09:00 11-13T10:00",
            "11-25T07:00 11-25T08:00"
        ]
    );
    let future = event(
        "UID:a\nSEQUENCE:2\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261111T090000Z\nDTSTART:20261111T110000Z\nDTEND:20261111T113000Z",
    );
    assert_eq!(
        in_november(&[master, future].concat()),
        [
            "11-09T09:00 11-09T10:00",
            "11-10T09:00 11-10T10:00",
            "11-11T11:00 11-11T11:30",
            "11-12T11:00 11-12T11:30",
            "11-13T11:00 11-13T11:30"
        ]
    );
}

#[test]
fn what_takes_no_time() {
    for lines in [
        "DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nTRANSP:transparent",
        "DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nSTATUS:CANCELLED",
        "DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "DTSTART:20261110T090000Z\nDTEND:20261110T090000Z",
        "DTSTART:20261110T090000Z\nDTEND:20261110T080000Z",
        "DTSTART:20261110T090000Z",
        "UID:ours\nDTSTART:20261110T090000Z\nDTEND:20261110T100000Z",
    ] {
        assert_eq!(in_november(&event(lines)), [""; 0], "{lines}");
    }
    let tentative = "DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nSTATUS:TENTATIVE";
    assert_eq!(in_november(&event(tentative)).len(), 1);
}

#[test]
fn zones_known_listed_and_unknown() {
    let one = |id: &str| event(&format!("DTSTART;TZID={id}:20261110T090000\nDURATION:PT1H"));
    assert_eq!(
        in_november(&one("america/new_york")),
        ["11-10T14:00 11-10T15:00"]
    );
    assert_eq!(
        in_november(&one("Eastern Standard Time 1")),
        ["11-10T14:00 11-10T15:00"]
    );
    assert_eq!(
        in_november(&one("Mars/Olympus")),
        ["11-10T08:00 11-10T09:00"]
    );
    let listed = "BEGIN:VTIMEZONE\nTZID:House\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0545\nEND:STANDARD\nEND:VTIMEZONE\n";
    assert_eq!(
        in_november(&format!("{listed}{}", one("House"))),
        ["11-10T03:15 11-10T04:15"]
    );
    // A calendar that lies about a zone we know is not believed.
    let lying = listed.replace("House", "Europe/Paris");
    assert_eq!(
        in_november(&format!("{lying}{}", one("Europe/Paris"))),
        ["11-10T08:00 11-10T09:00"]
    );
    let floating = event("DTSTART:20261110T090000\nDURATION:PT1H");
    assert_eq!(
        in_november(&format!("X-WR-TIMEZONE:Asia/Tokyo\n{floating}")),
        ["11-10T00:00 11-10T01:00"]
    );
    assert_eq!(
        in_november(&format!("X-WR-TIMEZONE:Nowhere\n{floating}")),
        ["11-10T08:00 11-10T09:00"]
    );
}

#[test]
fn lengths_exact_and_by_the_clock() {
    let over = |lines: &str| busy(&event(lines), "2026-10-20T00:00:00Z", NOVEMBER.1);
    // Berlin's clocks go back in this night.
    assert_eq!(
        over("DTSTART;TZID=Europe/Berlin:20261024T120000\nDURATION:P1D"),
        ["10-24T10:00 10-25T11:00"]
    );
    assert_eq!(
        over("DTSTART;TZID=Europe/Berlin:20261024T120000\nDURATION:PT24H"),
        ["10-24T10:00 10-25T10:00"]
    );
    assert_eq!(
        over("DTSTART;TZID=Europe/Berlin:20261024T120000\nDURATION:-PT1H"),
        [""; 0]
    );
}

#[test]
fn a_bad_event_is_skipped_and_the_rest_counts() {
    let good = event("DTSTART:20261110T090000Z\nDURATION:PT1H");
    let bad = [
        "SUMMARY:x",
        "DTSTART:soon",
        "DTSTART:20261110T090000Z\nRRULE:FREQ=MINUTELY",
        "DTSTART:20261110T090000Z\nDTEND:never",
        "DTSTART:20261110T090000Z\nRRULE:FREQ=MOONLY",
    ];
    let bad: String = bad.iter().map(|lines| event(lines)).collect();
    let found = reading(&format!("{bad}{good}"), NOVEMBER.0, NOVEMBER.1);
    assert_eq!(found.busy.len(), 1);
    assert_eq!(
        found.skipped.values().sum::<u32>(),
        5,
        "{:?}",
        found.skipped
    );
    assert_eq!(found.events, 6);
    let published = "BEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=BUSY:20261110T090000Z/PT1H,20261111T090000Z/20261111T100000Z\nFREEBUSY;FBTYPE=FREE:20261112T090000Z/PT1H\nEND:VFREEBUSY";
    assert_eq!(in_november(published).len(), 2);
}

#[test]
fn cost_is_bounded() {
    let sixty = (0..60).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let dense = event(&format!(
        "DTSTART:20200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY;BYMINUTE={sixty};BYSECOND={sixty};BYHOUR=1,2,3,4,5,6,7,8"
    ));
    let found = reading(&dense, NOVEMBER.0, "2027-11-01T00:00:00Z");
    assert_eq!(found.skipped.len(), 1);
    let zone = Zone::utc();
    let question = Question {
        window: Span::new(at(NOVEMBER.0), at("2027-11-01T00:00:00Z")),
        zone: &zone,
        count_free: false,
        is_own: &|_| false,
    };
    let many = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", dense.repeat(30));
    assert_eq!(read(many.as_bytes(), &question), Err(ReadError::TooCostly));
}
