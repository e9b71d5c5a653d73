use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::schedule::Zone;

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
    let question = ReadOptions {
        window: Span::new(at(from), at(until)),
        zone: &zone,
        count_free: false,
        is_own: &|uid| uid == "ours",
        owner: &["ada@example.org".into()],
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
    let told = reading(&one("Mars/Olympus"), NOVEMBER.0, NOVEMBER.1).skipped;
    assert!(
        told.keys().any(|words| words.contains("“Mars/Olympus”")),
        "{told:?}"
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
    let question = ReadOptions {
        window: Span::new(at(NOVEMBER.0), at("2027-11-01T00:00:00Z")),
        zone: &zone,
        count_free: false,
        is_own: &|_| false,
        owner: &[],
    };
    let many = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", dense.repeat(30));
    assert_eq!(read(many.as_bytes(), &question), Err(ReadError::TooCostly));
}

/// Each of the forms that real programs write, and what is meant.
#[test]
fn forms_seen_in_the_wild() {
    let ten = ["11-10T09:00 11-10T10:00"];
    let by = |form: &str| event(&format!("DTSTART{form}\nDURATION:PT1H"));
    for form in [
        ":20261110T090000.000Z",
        ":2026-11-10T09:00:00.000Z",
        ":2026-11-10T10:00:00+01:00",
        ":20261110T100000+0100",
        ";TZID=GMT+05:30:20261110T143000",
        ";TZID=GMT+0530:20261110T143000",
        ";TZID=(UTC) Coordinated Universal Time:20261110T090000",
        ";TZID=(UTC) Koordinerad universell tid:20261110T090000",
        ";TZID=Mountain Standard Time (Mexico):20261110T020000",
        ";TZID=\"(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien\":20261110T100000",
    ] {
        assert_eq!(in_november(&by(form)), ten, "{form}");
    }
    // A zone of the calendar's own, under a name with a colon; an abbreviation that it explains.
    let zone = |id: &str, offset: &str| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:{id}\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
    };
    for (id, offset, local) in [
        ("tzone://Microsoft/Custom", "-0500", "040000"),
        ("GMT", "+0100", "100000"),
    ] {
        let text = zone(id, offset) + &by(&format!(";TZID={id}:20261110T{local}"));
        assert_eq!(in_november(&text), ten, "{id}");
    }
}

#[test]
fn what_cannot_be_read_costs_no_more_than_itself() {
    let hour = ["11-10T09:00 11-10T10:00"];
    let at_nine = "DTSTART:20261110T090000Z\n";
    for lines in [
        "DURATION:PT1H\nRRULE:",
        "DURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3;BYEASTER=1",
        "DURATION:PT1H\nRRULE:FREQ=MINUTELY",
        "DTEND:",
        "DTEND:\nDURATION:PT1H",
        "DTEND:later\nDURATION:PT1H",
        "DURATION:P",
        "DURATION:PT1H\nEXDATE:never\nRDATE:sometimes",
        "DURATION:PT1H\nRECURRENCE-ID:that one",
        "\n \nsome junk\nDURATION:PT1H\n?????",
        "DURATION:PT1H\n-- junk --\nRRULE:FREQ=WEEKLY;COUNT=1\njunk",
    ] {
        assert_eq!(
            in_november(&event(&format!("{at_nine}{lines}"))),
            hour,
            "{lines}"
        );
    }
    let day = ["11-09T23:00 11-10T23:00"];
    for lines in ["DURATION:", "DURATION:P", "DTEND:", "DTEND:x"] {
        let text = event(&format!("DTSTART;VALUE=DATE:20261110\n{lines}"));
        assert_eq!(in_november(&text), day, "{lines}");
    }
    assert_eq!(
        in_november(&event("DTSTART;VALUE=DATE:20261110T000000")),
        day
    );
    // The owner is told which one it was.
    let told = |lines: &str| {
        let reading = reading(&event(lines), NOVEMBER.0, NOVEMBER.1);
        reading.skipped.into_keys().next().unwrap()
    };
    assert_eq!(
        told("DTSTART:20261110T99"),
        "an event whose start cannot be read is ignored (10 Nov 2026)"
    );
    assert_eq!(
        told("DTSTART:20261110T090000Z\nDTEND:x"),
        "an event whose end cannot be read counts as one hour, or as its whole day (10 Nov 2026)"
    );
    assert_eq!(
        told("DTSTART:20261110T090000Z\nRRULE:FREQ=SECONDLY"),
        "an event repeats every minute or second; only its first time counts (10 Nov 2026)"
    );
}

#[test]
fn whole_day_series_whose_parts_are_instants() {
    // Berlin's days begin at 23:00 of the day before by UTC.
    let series = "UID:a\nDTSTART;VALUE=DATE:20261110\nRRULE:FREQ=DAILY;UNTIL=20261112T230000Z\n";
    assert_eq!(in_november(&event(series)), ["11-09T23:00 11-13T23:00"]);
    for except in [
        ":20261110T230000Z",
        ":20261111T000000",
        ";VALUE=DATE:20261111",
        ":20261111T000000Z",
        ":2026-11-11T00:00:00+01:00",
    ] {
        assert_eq!(
            in_november(&event(&format!("{series}EXDATE{except}"))),
            ["11-09T23:00 11-10T23:00", "11-11T23:00 11-13T23:00"],
            "{except}"
        );
        let change = event(&format!(
            "UID:a\nRECURRENCE-ID{except}\nDTSTART;VALUE=DATE:20261111\nSTATUS:CANCELLED"
        ));
        assert_eq!(in_november(&(event(series) + &change)).len(), 2, "{except}");
    }
}

#[test]
fn a_changed_instance_that_replaces_nothing_keeps_its_rule() {
    let weekly = "DTSTART:20261110T100000Z\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=3";
    let change = event(&format!("UID:b\nRECURRENCE-ID:20261110T000000\n{weekly}"));
    let other = event("UID:b\nDTSTART:20261109T080000Z\nDURATION:PT30M");
    assert_eq!(in_november(&change).len(), 3);
    assert_eq!(in_november(&(other + &change)).len(), 4);
}

#[test]
fn a_day_that_a_zone_skipped_is_no_second_one() {
    // Samoa had no 30 December 2011.
    let zone = |lines: &str| {
        let text = event(&format!(
            "DTSTART;TZID=Pacific/Apia:20111228T090000\n{lines}\nRRULE:FREQ=DAILY;COUNT=5"
        ));
        busy(&text, "2011-12-20T00:00:00Z", "2012-01-10T00:00:00Z")
    };
    assert_eq!(
        zone("DURATION:PT1H"),
        [
            "12-28T19:00 12-28T20:00",
            "12-29T19:00 12-29T20:00",
            "12-30T19:00 12-30T20:00",
            "12-31T19:00 12-31T20:00"
        ]
    );
    assert_eq!(zone("DURATION:P1D"), ["12-28T19:00 01-01T19:00"]);
    let apia = Zone::named("Pacific/Apia").unwrap();
    let question = ReadOptions {
        window: Span::new(at("2011-12-20T00:00:00Z"), at("2012-01-10T00:00:00Z")),
        zone: &apia,
        count_free: false,
        is_own: &|_| false,
        owner: &[],
    };
    let text = event("DTSTART;VALUE=DATE:20111228\nRRULE:FREQ=DAILY;COUNT=5");
    let text = format!("BEGIN:VCALENDAR\n{text}END:VCALENDAR");
    let days = Span::new(at("2011-12-28T10:00:00Z"), at("2012-01-01T10:00:00Z"));
    assert_eq!(read(text.as_bytes(), &question).unwrap().busy, [days]);
}

#[test]
fn declined_and_elsewhere_take_no_time() {
    let with = |lines: &str| {
        in_november(&event(&format!(
            "DTSTART:20261110T090000Z\nDURATION:PT1H\n{lines}"
        )))
    };
    for lines in [
        "ATTENDEE;CN=Ada;PARTSTAT=DECLINED:mailto:Ada@example.org",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bea@example.org\nATTENDEE;PARTSTAT=declined:MAILTO:ada@example.org",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:ada%40example.org",
        "TRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
    ] {
        assert_eq!(with(lines), [""; 0], "{lines}");
    }
    for lines in [
        "ATTENDEE;PARTSTAT=DECLINED:mailto:bea@example.org",
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:ada@example.org",
        "TRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:FREE",
    ] {
        assert_eq!(with(lines).len(), 1, "{lines}");
    }
    // Google names a calendar after its owner.
    let text = event(
        "DTSTART:20261110T090000Z\nDURATION:PT1H\nATTENDEE;PARTSTAT=DECLINED:mailto:cleo@example.org",
    );
    assert_eq!(
        in_november(&format!("X-WR-CALNAME:cleo@example.org\n{text}")),
        [""; 0]
    );
}

/// An event as a program ought to write it: its day, hour, zone or whole day, rule.
fn valid(number: usize, (day, hour, form, rule): (u32, u32, usize, usize)) -> String {
    let date = format!("202611{day:02}");
    let time = format!("{date}T{hour:02}0000");
    let (start, length) = match form {
        0 => (format!(":{time}Z"), "PT1H"),
        1 => (format!(";TZID=Europe/Berlin:{time}"), "PT45M"),
        2 => (format!(";TZID=House:{time}"), "PT2H"),
        3 => (format!(":{time}"), "PT1H30M"),
        _ => (format!(";VALUE=DATE:{date}"), "P1D"),
    };
    let rule = [
        "",
        "RRULE:FREQ=WEEKLY;COUNT=3\n",
        "RRULE:FREQ=DAILY;UNTIL=20261120T090000Z\n",
    ][rule];
    format!(
        "BEGIN:VEVENT\nUID:{number}@example.org\nDTSTART{start}\nDURATION:{length}\n{rule}SUMMARY:Zo\u{eb} and others\nTRANSP:OPAQUE\nEND:VEVENT\n"
    )
}

const HOUSE: &str = "BEGIN:VTIMEZONE\nTZID:House\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:-0300\nTZOFFSETTO:-0300\nEND:STANDARD\nEND:VTIMEZONE\n";

/// One thing that programs get wrong, at a place somewhere in the text.
fn spoil(text: &str, (kind, at): (usize, usize)) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut line = 1 + at % (lines.len() - 2);
    // What stands within a fold really destroys what is folded.
    while lines[line].starts_with(' ') {
        line += 1;
    }
    let insert = |lines: &mut Vec<String>, text: &str| lines.insert(line, text.to_owned());
    match kind {
        0 => insert(&mut lines, ""),
        1 => insert(&mut lines, "some junk"),
        2 => insert(&mut lines, "?????"),
        3 => insert(&mut lines, "X-NOTE;A=\"b:c\";D:junk: more"),
        4 => {
            // A fold, with its blank or with the blank lost on the way.
            let split = (1..lines[line].len()).filter(|i| lines[line].is_char_boundary(*i));
            let split: Vec<usize> = split.collect();
            if let Some(split) = split.get(at % split.len().max(1)).copied() {
                let rest = lines[line].split_off(split);
                lines.insert(line + 1, format!(" {rest}"));
            }
        }
        5 => {
            lines[line] = lines[line].replace(
                "TZID=Europe/Berlin",
                "TZID=(UTC+01:00) Amsterdam, Berlin, Bern",
            )
        }
        6 => {
            lines[line] = lines[line].replace("TZID=Europe/Berlin", "TZID=W. Europe Standard Time")
        }
        7 => {
            lines[line] =
                lines[line].replace("TZID=Europe/Berlin", "TZID=/vendor.example/1/Europe/Berlin")
        }
        8 if lines[line].starts_with("DTSTART") => {
            lines[line] = lines[line]
                .replace("0000Z", "0000.000Z")
                .replace(":202611", ":2026-11-");
        }
        9 => lines[line] = lines[line].replace("DTSTART:", "dtstart;X-A=1:"),
        10 => {
            let ends = lines.iter().skip(line).position(|l| l == "END:VEVENT");
            if let Some(end) = ends {
                let odd = [
                    "EXDATE:never",
                    "RDATE:20261131",
                    "DTEND:",
                    "EXRULE:FREQ=",
                    "RECURRENCE-ID:",
                    "BEGIN:VALARM\nTRIGGER:-PT5M\nDTSTART:1\nEND:VALARM",
                ];
                lines.insert(line + end, odd[at % odd.len()].to_owned());
            }
        }
        11 => return text.replace('\n', "\r\n"),
        12 => return text.replace('\n', "\r\r\n"),
        _ => {}
    }
    lines.join("\n") + "\n"
}

proptest! {
    /// Whatever programs do to a calendar, nothing of what it makes busy is lost.
    #[test]
    fn a_spoilt_calendar_is_never_less_busy(
        events in prop::collection::vec((1u32..28, 0u32..24, 0usize..5, 0usize..3), 1..5),
        wrongs in prop::collection::vec((0usize..14, 0usize..1000), 0..6),
    ) {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let question = ReadOptions {
            window: Span::new(at("2026-10-20T00:00:00Z"), at("2026-12-20T00:00:00Z")),
            zone: &zone,
            count_free: false,
            is_own: &|_| false,
            owner: &[],
        };
        let events: String = events.into_iter().enumerate().map(|(n, e)| valid(n, e)).collect();
        let text = format!("BEGIN:VCALENDAR\n{HOUSE}{events}END:VCALENDAR\n");
        let spoilt = wrongs.iter().fold(text.clone(), |text, wrong| spoil(&text, *wrong));
        let whole = read(text.as_bytes(), &question).unwrap().busy;
        let left = Spans::merged(read(spoilt.as_bytes(), &question).unwrap().busy);
        for span in whole {
            let is_there = left.as_slice().iter().any(|s| s.start <= span.start && span.end <= s.end);
            prop_assert!(is_there, "{span:?} is lost in\n{spoilt}");
        }
    }
}

#[test]
fn hostile_calendars_cost_little() {
    let long = format!(
        "DTSTART:20261110T090000Z\nDURATION:P{}",
        "999999999H".repeat(2600)
    );
    assert_eq!(in_november(&event(&long)), ["11-10T09:00 11-10T10:00"]);
    // Each of many events of one UID against each of many changes.
    let masters = event("UID:a\nDTSTART:20261110T090000Z\nDURATION:PT1H").repeat(9000);
    let changes: String = (0..9000)
        .map(|n| event(&format!("UID:a\nRECURRENCE-ID:202701{:02}T{:02}{:02}00Z\nDTSTART:20261111T090000Z\nDURATION:PT1H", 1 + n % 28, n / 28 % 24, n / 672)))
        .collect();
    let text = format!("BEGIN:VCALENDAR\n{masters}{changes}END:VCALENDAR\n");
    let zone = Zone::utc();
    let question = ReadOptions {
        window: Span::new(at(NOVEMBER.0), at(NOVEMBER.1)),
        zone: &zone,
        count_free: false,
        is_own: &|_| false,
        owner: &[],
    };
    let read = read(text.as_bytes(), &question).unwrap();
    assert!(
        !read.busy.is_empty(),
        "what is too costly counts for its first times"
    );
    // A zone whose clocks are changed all the time is nobody's.
    let dates: Vec<String> = (0..20_000)
        .map(|n| format!("{}0101T{:02}{:02}00", 1000 + n % 8000, n % 24, n % 60))
        .collect();
    let zone = format!(
        "BEGIN:VTIMEZONE\nTZID:Mad\nBEGIN:STANDARD\nDTSTART:19700101T000000\nRDATE:{}\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:STANDARD\nEND:VTIMEZONE\n",
        dates.join(",")
    );
    let text = zone + event("DTSTART;TZID=Mad:20261110T100000\nDURATION:PT1H").as_str();
    assert_eq!(in_november(&text), ["11-10T09:00 11-10T10:00"]);
}
