//! The part of a session's page on which the two prepare it, made from values already loaded.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::store::{File, Note, Prepared};
use crate::{
    bookings::{self, Booking, Meeting, preparation},
    db::PersonId,
    html::{
        form::{Field, said},
        icon,
        layout::Chrome,
        time,
    },
    input::Problems,
    schedule::Zone,
};

/// What was typed into one of the forms and did not do.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub agenda: Option<String>,
    pub note: String,
    pub problems: Problems,
}

/// What file fields take.
pub const ACCEPT: &str = ".pdf,.docx,.png,.jpg,.jpeg,application/pdf,image/png,image/jpeg";

/// As in `1.2 MB`.
fn size(bytes: i32) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KB", bytes / 1024),
        _ => format!("{:.1} MB", f64::from(bytes) / 1_048_576.0),
    }
}

/// The files of a session, each with who added it and when.
pub fn files(
    chrome: &Chrome,
    meeting: &Meeting,
    files: &[File],
    reader: PersonId,
    may_change: bool,
    zone: &Zone,
) -> Markup {
    let booking = &meeting.booking;
    html! {
        @if !files.is_empty() {
            ol.plain.files {
                @for (number, file) in files.iter().enumerate() {
                    @let path = format!("/bookings/{}/files/{}", booking.id, file.id);
                    li.row {
                        span {
                            a href=(path) { (file.name) }
                            " "
                            span.hint {
                                (size(file.bytes))
                                ", version "
                                (number + 1)
                                ", "
                                @if file.person_id == reader { "you" } @else {
                                    bdi { (meeting.sides(reader).1.name) }
                                }
                                ", "
                                (time::moment(file.added_at, zone))
                            }
                        }
                        @if may_change && file.person_id == reader {
                            form
                                method="post"
                                action={ (path) "/remove" }
                                data-confirm="This version will be deleted."
                            {
                                (chrome.csrf_field())
                                button.link {
                                    "Remove"
                                    span.sr-only { " " (file.name) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub fn file_field(label: &str, problems: &Problems) -> Markup {
    html! {
        div.field {
            label for="file" { (label) }
            p #file-hint.hint {
                "PDF, DOCX, PNG or JPEG, up to 10 MB. Only the two of you can open it."
            }
            @if let Some(problem) = problems.of("file") {
                p #file-problem.problem { (said("File", problem)) }
            }
            input type="file" id="file" name="file" accept=(ACCEPT) aria-describedby="file-hint";
        }
    }
}

pub fn preparation(
    chrome: &Chrome,
    meeting: &Meeting,
    prepared: &Prepared,
    typed: &Typed,
    reader: PersonId,
    zone: &Zone,
    now: DateTime<Utc>,
) -> Markup {
    let booking: &Booking = &meeting.booking;
    let (_, other) = meeting.sides(reader);
    let name = other.name.as_str();
    let is_open = bookings::rules::may_prepare(booking, now);
    let action = |what: &str| format!("/bookings/{}/{what}", booking.id);
    let words = prepared.agenda.as_ref().map_or("", |a| a.words.as_str());
    let (shared, private): (Vec<&Note>, Vec<&Note>) =
        prepared.notes.iter().partition(|note| note.is_shared);
    let note = |note: &Note| {
        html! {
            li.row {
                span {
                    span.said { (note.words) }
                    br;
                    span.hint {
                        @if note.person_id == reader { "you" } @else {
                            bdi { (name) }
                        }
                        ", "
                        (time::moment(note.at, zone))
                    }
                }
                @if note.person_id == reader {
                    form method="post" action={ (action("notes")) "/" (note.id) "/remove" } {
                        (chrome.csrf_field())
                        button.link { "Remove" }
                    }
                }
            }
        }
    };
    let is_missing =
        prepared.needs_file && prepared.files.is_empty() && booking.material_link.is_empty();
    if !is_open && prepared.files.is_empty() && prepared.notes.is_empty() && words.is_empty() {
        return Markup::default();
    }
    html! {
        section.card.prepare aria-labelledby="prepare" {
            h2 #prepare { "Preparation" }
            @if is_missing && is_open && !booking.is_over(now) {
                div.callout {
                    p {
                        @if reader == booking.guest_id {
                            bdi { (name) }
                            " would like to see your document beforehand."
                        } @else { "No document has been added yet." }
                    }
                }
            }
            h3 { "Files" }
            (files(chrome, meeting, &prepared.files, reader, is_open, zone))
            @if is_open {
                @let is_asked = (is_missing && reader == booking.guest_id)
                    || typed.problems.of("file").is_some();
                details open[is_asked] {
                    summary { "Add a file" }
                    form.stack method="post" action=(action("files")) enctype="multipart/form-data" {
                        (chrome.csrf_field())
                        ({
                            file_field(
                                if prepared.files.is_empty() {
                                    "File"
                                } else {
                                    "A new version or another file"
                                },
                                &typed.problems,
                            )
                        })
                        div.row {
                            button.button.is-quiet { "Upload" }
                        }
                    }
                }
            }
            @if !prepared.files.is_empty() {
                p.hint {
                    "Files are deleted "
                    (preparation::FILES_STAY.num_days())
                    " days after the session."
                }
            }
            h3 { "Agenda" }
            @if typed.agenda.is_some() && !words.is_empty() {
                p.hint { "The agenda as it is now:" }
                p.said { (words) }
            }
            @if is_open && typed.agenda.is_none() && !words.is_empty() {
                p.said { (words) }
            }
            @if is_open {
                details open[typed.agenda.is_some() || typed.problems.of("agenda").is_some()] {
                    summary {
                        @if words.is_empty() { "Write an agenda" } @else { "Change the agenda" }
                    }
                    form.stack method="post" action=(action("agenda")) {
                        (chrome.csrf_field())
                        input
                            type="hidden"
                            name="version"
                            value=(prepared.agenda.as_ref().map_or(0, |a| a.version));
                        ({
                            Field::new(
                                    "agenda",
                                    "What you want to talk about",
                                    typed.agenda.as_deref().unwrap_or(words),
                                )
                                .hint("Either of you can change it.")
                                .longest(4000)
                                .problems(&typed.problems)
                                .text_area(4)
                        })
                        div.row {
                            button.button.is-quiet { "Save the agenda" }
                        }
                    }
                }
            } @else if words.is_empty() {
                p.hint { "There is no agenda." }
            } @else {
                p.said { (words) }
            }
            h3 { "Notes" }
            @if !shared.is_empty() {
                p.hint { (icon::users()) " Both of you can see these:" }
                ul.plain {
                    @for n in &shared { (note(n)) }
                }
            }
            @if !private.is_empty() {
                p.hint { (icon::user()) " Only you can see these:" }
                ul.plain {
                    @for n in &private { (note(n)) }
                }
            }
            @if is_open {
                details open[!typed.note.is_empty() || typed.problems.of("remark").is_some()] {
                    summary { "Add a note" }
                    form.stack method="post" action=(action("notes")) {
                        (chrome.csrf_field())
                        ({
                            Field::new("remark", "Note", &typed.note)
                                .longest(4000)
                                .problems(&typed.problems)
                                .text_area(2)
                        })
                        div.row {
                            button.button.is-quiet name="shared" value="yes" { "Share with " (name) }
                            button.button.is-quiet name="shared" value="no" { "Only for me" }
                        }
                        p.hint {
                            bdi { (name) }
                            " gets one email about what you share, 15 minutes after you add it."
                        }
                    }
                }
            }
        }
    }
}
