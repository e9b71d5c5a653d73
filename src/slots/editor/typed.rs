//! Times as people type them: "9-12, 13:30 to 17", "Thursday 18 to 20".

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};

use crate::{
    input,
    schedule::{Span, Window, Zone},
};

/// How long, in minutes, hours can be whose end is said without its half of the day.
const LONGEST_SPOKEN: u16 = 600;

/// Most windows on one day.
pub const MOST_WINDOWS: usize = 12;

/// Windows of one day, as in `9-12, 13:30–17`. Empty text has none. The error says what to type.
///
/// ```
/// use almanac::slots::editor::typed::{windows, show};
/// assert_eq!(show(&windows("9 to 12:30, 6pm-8pm").unwrap()), "09:00–12:30, 18:00–20:00");
/// ```
pub fn windows(text: &str) -> Result<Vec<Window>, String> {
    let text = text.to_lowercase().replace(" and ", ",").replace('&', ",");
    let mut windows = Vec::new();
    for part in text
        .split([',', ';', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        windows.push(window(part)?);
    }
    windows.sort_unstable();
    // What overlaps is one window; what only touches was typed as two and steps its own grid.
    let mut merged: Vec<Window> = Vec::new();
    for window in windows {
        match merged.last_mut() {
            Some(last) if window.from < last.until => last.until = last.until.max(window.until),
            _ => merged.push(window),
        }
    }
    let windows = merged;
    if windows.len() > MOST_WINDOWS {
        return Err(too_many_windows());
    }
    Ok(windows)
}

/// What is said of a day with more windows than [`MOST_WINDOWS`].
pub fn too_many_windows() -> String {
    format!("can have at most {MOST_WINDOWS} time ranges a day")
}

fn window(text: &str) -> Result<Window, String> {
    let unclear =
        || format!("must be times such as 9–12 or 18:00–20:30; we do not understand “{text}”");
    let flat = text
        .replace(['–', '—', '−'], "-")
        .replace("until", "-")
        .replace("till", "-")
        .replace("to", "-");
    let (from, until) = flat.split_once('-').ok_or_else(unclear)?;
    let (from, until) = (from.trim().trim_start_matches("from").trim(), until.trim());
    let mut until_minute = time(until).ok_or_else(unclear)?;
    // "6-8pm" means the evening on both ends.
    let shared = until.ends_with("pm") && !from.ends_with('m');
    let from_minute = shared
        .then(|| time(&format!("{from}pm")))
        .flatten()
        .filter(|m| *m < until_minute)
        .or_else(|| time(from))
        .ok_or_else(unclear)?;
    // "9 to 5" ends in the afternoon; "09:00–05:00" and "11–10" are mistakes.
    let is_spoken = !until.starts_with('0') && !until.ends_with('m') && !from.ends_with('m');
    let is_in_the_morning = until_minute < from_minute && from_minute < 720;
    if is_spoken && is_in_the_morning && until_minute + 720 - from_minute <= LONGEST_SPOKEN {
        until_minute += 720;
    }
    Window::new(from_minute, until_minute).ok_or_else(|| {
        format!("must have times that end after they begin, by 24:00; “{text}” does not")
    })
}

/// Minutes after midnight of `9`, `09:30`, `9.30`, `5pm`, `24:00`.
fn time(text: &str) -> Option<u16> {
    let text = text.trim().trim_end_matches("h").trim();
    let (text, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(rest), _) => (rest.trim(), Some(0)),
        (_, Some(rest)) => (rest.trim(), Some(12)),
        _ => (text, None),
    };
    let (hours, minutes) = text.split_once([':', '.']).unwrap_or((text, "0"));
    let number = |digits: &str, longest: usize| {
        let is_plain =
            (1..=longest).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is_plain.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    let hours = match half {
        None => hours,
        Some(_) if !(1..=12).contains(&hours) => return None,
        Some(half) => hours % 12 + half,
    };
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= 1440).then_some(minute)
}

/// Exactly `HH:MM`, up to `24:00`: what the API and the tools take.
pub fn exact_time(text: &str) -> Option<u16> {
    (text.len() == 5 && text.as_bytes()[2] == b':')
        .then(|| time(text))
        .flatten()
}

/// A window from exactly `HH:MM` to a later one, as the API and the tools take it.
pub fn exact_window(from: &str, until: &str) -> Option<Window> {
    Window::new(exact_time(from)?, exact_time(until)?)
}

/// As in `09:00`.
pub fn show_time(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// As in `09:00–12:00, 18:00–20:00`.
pub fn show(windows: &[Window]) -> String {
    let one = |w: &Window| format!("{}–{}", show_time(w.from), show_time(w.until));
    windows.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Times offered once, as in `Thursday 18 to 20` or `2026-11-26 9-10, 14-15`, in `zone`. A weekday
/// or a date without a year is the next one.
pub fn one_off(text: &str, zone: &Zone, now: DateTime<Utc>) -> Result<Vec<Span>, String> {
    let text = input::line(text).to_lowercase();
    let today = zone.local(now).date_naive();
    let (date, rest) = leading_date(&text, today).ok_or(
        "must begin with a day, such as Thursday 18 to 20, tomorrow 9–11 or 2026-11-26 14–16",
    )?;
    let windows = windows(rest.trim_start_matches([',', ':', ' ']))?;
    if windows.is_empty() {
        return Err("must have hours after the day, such as Thursday 18 to 20".into());
    }
    let spans = |date| -> Vec<Span> {
        windows
            .iter()
            .map(|w| Span::new(zone.instant(date, w.from), zone.instant(date, w.until)))
            .filter(|s| !s.is_empty())
            .collect()
    };
    let mut found = spans(date);
    // "Thursday 18 to 20", said on Thursday evening, is next Thursday; "today" stays today.
    let names_weekday = text
        .split([' ', ','])
        .any(|word| word.parse::<Weekday>().is_ok());
    if names_weekday && date == today && found.iter().all(|s| s.end <= now) {
        found = spans(date + Days::new(7));
    }
    if found.iter().any(|s| s.end <= now) {
        return Err("must not be in the past".into());
    }
    Ok(found)
}

fn leading_date(text: &str, today: NaiveDate) -> Option<(NaiveDate, &str)> {
    let (first, rest) = text.split_once([' ', ',']).unwrap_or((text, ""));
    if let Some(date) = input::date(first) {
        return Some((date, rest));
    }
    match first {
        "today" | "tonight" => return Some((today, rest)),
        "tomorrow" => return Some((today + Days::new(1), rest)),
        "next" | "on" | "this" => return leading_date(rest.trim(), today),
        _ => {}
    }
    if let (Ok(weekday), true) = (first.parse::<Weekday>(), first.len() >= 3) {
        let ahead = weekday.days_since(today.weekday());
        return Some((today + Days::new(ahead.into()), rest));
    }
    // "26 november" or "november 26".
    let (second, rest) = rest
        .trim_start()
        .split_once([' ', ','])
        .unwrap_or((rest.trim_start(), ""));
    let month_of = |word: &str| {
        word.parse::<chrono::Month>()
            .ok()
            .filter(|_| word.len() >= 3)
    };
    let day_of = |word: &str| {
        word.trim_end_matches(['.', 't', 'h', 's', 'n', 'd', 'r'])
            .parse::<u32>()
            .ok()
    };
    let (day, month) = match (day_of(first), month_of(second)) {
        (Some(day), Some(month)) => (day, month),
        _ => (day_of(second)?, month_of(first)?),
    };
    let in_year = |year| NaiveDate::from_ymd_opt(year, month.number_from_month(), day);
    let date = in_year(today.year())
        .filter(|date| *date >= today)
        .or_else(|| in_year(today.year() + 1))?;
    Some((date, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_as_people_type_them() {
        for (typed, shown) in [
            ("9-12", "09:00–12:00"),
            ("9–12, 13:30–17", "09:00–12:00, 13:30–17:00"),
            ("from 9 to 12 and 6 to 8pm", "09:00–12:00, 18:00–20:00"),
            ("18.00 until 24:00", "18:00–24:00"),
            ("9am-5pm; 9-17", "09:00–17:00"),
            ("9-12, 11-13, 13-14", "09:00–13:00, 13:00–14:00"),
            ("12am-1am", "00:00–01:00"),
            ("9 to 5", "09:00–17:00"),
            ("10:30–2", "10:30–14:00"),
            ("", ""),
        ] {
            assert_eq!(show(&windows(typed).unwrap()), shown, "{typed}");
        }
        for odd in [
            "9",
            "12-9",
            "11-10",
            "9:30-9:15",
            "09:00-05:00",
            "22-6",
            "17-9",
            "9am-5am",
            "25-26",
            "9:60-10",
            "x-y",
            "9-9",
            "٣-٥",
            "-5-3",
            "9-24:30",
            "13pm-14pm",
        ] {
            assert!(windows(odd).is_err(), "{odd}");
        }
        assert!(windows(&"1-2,3-4,".repeat(1000)).unwrap().len() == 2);
    }

    #[test]
    fn one_off_times_as_people_type_them() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        // A Tuesday, 19:00 in Berlin.
        let now = "2026-11-24T18:00:00Z".parse().unwrap();
        let shown = |text: &str| {
            one_off(text, &zone, now).map(|spans| {
                let show = |s: &Span| {
                    format!(
                        "{} {}",
                        zone.local(s.start).format("%m-%d %H:%M"),
                        zone.local(s.end).format("%H:%M")
                    )
                };
                spans.iter().map(show).collect::<Vec<_>>().join(", ")
            })
        };
        assert_eq!(shown("Thursday 18 to 20").unwrap(), "11-26 18:00 20:00");
        assert_eq!(
            shown("thu 9-10, 14-15").unwrap(),
            "11-26 09:00 10:00, 11-26 14:00 15:00"
        );
        assert_eq!(shown("Tuesday 17-18").unwrap(), "12-01 17:00 18:00");
        assert_eq!(shown("tuesday 20-21").unwrap(), "11-24 20:00 21:00");
        assert_eq!(shown("tomorrow 9–11").unwrap(), "11-25 09:00 11:00");
        assert_eq!(shown("3 Dec 10-11").unwrap(), "12-03 10:00 11:00");
        assert_eq!(shown("january 7 10-11").unwrap(), "01-07 10:00 11:00");
        assert_eq!(shown("2026-12-24 14-16").unwrap(), "12-24 14:00 16:00");
        for odd in [
            "today 9-11",
            "18 to 20",
            "Thursday",
            "2026-11-23 9-10",
            "31 feb 9-10",
            "",
            "thursday 20-18",
        ] {
            assert!(shown(odd).is_err(), "{odd}");
        }
    }
}
