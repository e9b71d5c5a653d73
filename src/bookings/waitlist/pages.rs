//! The pages of the waitlist, made from values already loaded.

use maud::{Markup, html};

use super::{Wish, store::Listed};
use crate::{
    html::{
        Page,
        form::{self, Field, address},
        icon,
        layout::Chrome,
        time,
    },
    input::Problems,
    schedule::{Window, Zone},
    slots::{
        catalogue::Catalogue,
        editor::typed,
        pages::{When, when_fields},
        rules::WEEKDAYS,
    },
};

/// The form for a wish, as typed.
#[derive(Clone, Debug, Default)]
pub struct WishForm {
    /// Handle and slug, for the service of one alumnus.
    pub of: Option<(String, String)>,
    pub kind: String,
    pub topic: String,
    /// Words of the ticked weekdays.
    pub days: Vec<String>,
    pub hours: String,
    pub until_on: String,
}

/// `named`: the service's title and the alumnus's name, where the wish is for one.
pub fn ask(
    chrome: &Chrome,
    typed: &WishForm,
    named: Option<(&str, &str)>,
    catalogue: &Catalogue,
    problems: &Problems,
    zone: &Zone,
    now: chrono::DateTime<chrono::Utc>,
) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Join the waitlist" }
            p.lead {
                @if let Some((title, name)) = named {
                    (title)
                    " with "
                    bdi { (name) }
                    ". "
                }
                "Say when would suit you. As soon as a time like that is free, we will hold it for you for two hours and email you."
            }
            (form::summary(problems))
            form.stack method="post" action="/waitlist" {
                (chrome.csrf_field())
                @if let Some((handle, slug)) = &typed.of {
                    input type="hidden" name="alumnus" value=(handle);
                    input type="hidden" name="service" value=(slug);
                } @else {
                    ({
                        Field::new("kind", "Service", &typed.kind)
                            .required()
                            .problems(problems)
                            .select(catalogue.choices(&typed.kind))
                    })
                    ({
                        Field::new("topic", "Topic", &typed.topic)
                            .hint(
                                "Leave empty for any topic. Separate several with commas. One match is enough.",
                            )
                            .longest(200)
                            .problems(problems)
                            .input()
                    })
                }
                ({
                    let when = When {
                        days: &typed.days,
                        hours: &typed.hours,
                        until_on: &typed.until_on,
                    };
                    when_fields(&when, problems, zone, now)
                })
                div.row {
                    button.button { "Join the waitlist" }
                    a.button.is-quiet href="/me/waitlist" { "Your waitlist" }
                }
            }
            p.hint {
                "Times go first to people with the fewest recent sessions, then to whoever joined first. A time that you do not take goes to the next person. We never hold more than one time for you."
            }
        }
    };
    Page {
        chrome,
        title: "Join the waitlist",
        body,
    }
    .render()
}

/// As people say it: `Mon, Tue 17:00–21:00`.
fn when(wish: &Wish) -> String {
    let mut by_hours: Vec<(Vec<Window>, Vec<&str>)> = Vec::new();
    for (number, (_, name)) in WEEKDAYS.iter().enumerate() {
        let of_day = wish
            .weekly
            .0
            .iter()
            .filter(|w| usize::from(w.day) == number);
        let windows: Vec<Window> = of_day
            .filter_map(|w| Window::new(w.from, w.until))
            .collect();
        if windows.is_empty() {
            continue;
        }
        match by_hours.iter_mut().find(|(known, _)| *known == windows) {
            Some((_, days)) => days.push(&name[..3]),
            None => by_hours.push((windows, vec![&name[..3]])),
        }
    }
    let whole_day = Window::new(0, 1440);
    let part = |(windows, days): &(Vec<Window>, Vec<&str>)| {
        let days = if days.len() == 7 {
            "Any day".to_owned()
        } else {
            days.join(", ")
        };
        if windows.first().copied() == whole_day {
            days
        } else {
            format!("{days} {}", typed::show(windows))
        }
    };
    by_hours.iter().map(part).collect::<Vec<_>>().join("; ")
}

pub fn list(chrome: &Chrome, wishes: &[Listed], catalogue: &Catalogue, zone: &Zone) -> Markup {
    let (open, ended): (Vec<&Listed>, Vec<&Listed>) =
        wishes.iter().partition(|w| w.wish.ended_at.is_none());
    let title = |listed: &Listed| {
        html! {
            @match &listed.of {
                Some((name, title)) => {
                    (title)
                    " with "
                    bdi { (name) }
                }
                None => { (catalogue.title(&listed.wish.kind)) " with any alumnus" }
            }
        }
    };
    let body = html! {
        div.title-row {
            h1 { "Your waitlist" }
            a.button href="/waitlist" { "Join the waitlist" }
        }
        @if wishes.is_empty() {
            div.empty {
                (icon::clock())
                p {
                    "You are not on the waitlist. If no time suits you, say what would. When a time like that comes free, we will hold it for you and email you."
                }
            }
        }
        ul.cards {
            @for listed in open {
                li.card {
                    h2 { (title(listed)) }
                    p {
                        (when(&listed.wish))
                        ", until "
                        (time::short_date(listed.wish.until_on))
                        @if !listed.wish.topics.0.is_empty() {
                            " · "
                            (listed.wish.topics.0.join(", "))
                        }
                    }
                    @if let Some((hold, starts_at, expires_at)) = listed.held {
                        div.callout {
                            p {
                                strong { (time::moment(starts_at, zone)) }
                                " is held for you until "
                                (time::moment(expires_at, zone))
                                "."
                            }
                            p {
                                a.button href={ "/holds/" (hold) } { "Take this time" }
                            }
                        }
                    } @else {
                        p.hint {
                            "Waiting. We will email you as soon as a time suits you and nothing else is held for you. "
                            a href=(address("/find", &[("service", listed.wish.kind.as_str())])) {
                                "Search now"
                            }
                        }
                    }
                    form method="post" action={ "/me/waitlist/" (listed.wish.id) "/end" } {
                        (chrome.csrf_field())
                        button.link { "Leave the waitlist" }
                    }
                }
            }
        }
        @if !ended.is_empty() {
            section aria-labelledby="ended" {
                h2 #ended { "Past" }
                ul.plain {
                    @for listed in ended {
                        li {
                            (title(listed))
                            ": "
                            @match listed.wish.booking_id {
                                Some(booking) => a href={ "/bookings/" (booking) } { "booked" },
                                None => "ended",
                            }
                        }
                    }
                }
            }
        }
    };
    Page {
        chrome,
        title: "Your waitlist",
        body,
    }
    .render()
}
