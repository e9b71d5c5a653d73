//! The page on which an alumnus edits what students see.

use maud::{Markup, html};

use crate::{
    html::{
        Page,
        form::{self, Field},
        icon,
        layout::Chrome,
    },
    input::Problems,
    people::{
        PublishedProfile,
        rules::{self, ProfileForm},
    },
};

pub fn profile(
    chrome: &Chrome,
    own: &PublishedProfile,
    values: &ProfileForm,
    is_for_everyone: bool,
    problems: &Problems,
) -> Markup {
    let handle = own.handle.as_str();
    let (has_photo, unlisted_at) = (own.thumbnail.is_some(), own.unlisted_at);
    let body = html! {
        h1 { "Your profile" }
        p.lead {
            "This is what students see. "
            a href={ "/alumni/" (handle) } { "View your page" }
            "."
        }
        (form::summary(problems))
        div.columns {
            section.card {
                form.stack method="post" action="/me/profile" {
                    (chrome.csrf_field())
                    ({
                        Field::new("headline", "Headline", &values.headline)
                            .hint(
                                "One line under your name, such as: Product designer, class of 2019.",
                            )
                            .longest(120)
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("employer", "Employer", &values.employer)
                            .longest(80)
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("field", "Field", &values.field)
                            .hint(
                                "For example: learning design, data, education policy.",
                            )
                            .longest(80)
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("topics", "Topics", &values.topics)
                            .hint(
                                "Up to twelve, separated by commas. Students filter by them.",
                            )
                            .longest(500)
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("languages", "Languages", &values.languages)
                            .hint(
                                "The languages you can hold a session in, separated by commas.",
                            )
                            .longest(300)
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("bio", "About you", &values.bio)
                            .hint("You can use Markdown: **bold**, lists, links.")
                            .longest(rules::LONGEST_BIO)
                            .problems(problems)
                            .text_area(8)
                    })
                    ({
                        Field::new("links", "Links", &values.links)
                            .hint(
                                "One web address per line, such as https://example.org/portfolio.",
                            )
                            .problems(problems)
                            .text_area(3)
                    })
                    button.button { "Save" }
                }
            }
            div.stack {
                ({
                    let address = format!("/alumni/{handle}/photo.jpg");
                    photo(chrome, "/me/profile/photo", has_photo.then_some(&address))
                })
                @if unlisted_at.is_none() { (sharing(chrome, handle, is_for_everyone)) }
                (listing(chrome, unlisted_at.is_some()))
            }
        }
    };
    Page {
        chrome,
        title: "Your profile",
        body,
    }
    .render()
}

/// The ways to one's page from elsewhere.
///
/// In a frame nobody is signed in, so where alumni are for members there is none.
fn sharing(chrome: &Chrome, handle: &str, is_for_everyone: bool) -> Markup {
    let link = format!("{}/alumni/{handle}", chrome.address);
    let frame = format!(
        "<iframe src=\"{}/embed/{handle}\" title=\"Free times\" width=\"360\" height=\"320\"></iframe>",
        chrome.address
    );
    html! {
        section.card aria-labelledby="sharing" {
            h2 #sharing { "Share your page" }
            p.row {
                a href={ "/alumni/" (handle) } { (link) }
                button.button.is-quiet.is-small type="button" data-copy-text=(link) hidden {
                    (icon::copy())
                    "Copy link"
                }
            }
            @if let Ok(picture) = qrcodegen_image::draw_base64(&link) {
                img .qr
                    src={ "data:image/png;base64," (picture) }
                    alt={ "QR code of " (link) }
                    width="192"
                    height="192";
            }
            @if is_for_everyone {
                h3 #frame-title { "Free times on your own website" }
                p.hint { "Paste this into a page of yours. It shows your next times." }
                textarea rows="4" readonly data-select aria-labelledby="frame-title" { (frame) }
                button.button.is-quiet.is-small type="button" data-copy-text=(frame) hidden {
                    (icon::copy())
                    "Copy code"
                }
            }
        }
    }
}

/// The photo, if there is one at an address, and how it is changed by what is sent to `action`.
pub fn photo(chrome: &Chrome, action: &str, address: Option<&str>) -> Markup {
    html! {
        section.card aria-labelledby="photo" {
            h2 #photo { "Photo" }
            @if let Some(address) = address {
                img .portrait
                    src=(address)
                    alt="Your photo"
                    width="160"
                    height="160";
                form
                    method="post"
                    action={ (action) "/remove" }
                    data-confirm="Your photo will be deleted."
                {
                    (chrome.csrf_field())
                    button.button.is-quiet { (icon::trash()) "Remove" }
                }
            }
            form.stack method="post" action=(action) enctype="multipart/form-data" {
                (chrome.csrf_field())
                div.field {
                    label for="file" data-name="Photo" {
                        @if address.is_some() { "Choose another photo" } @else { "Choose a photo" }
                    }
                    p.hint {
                        "JPEG, PNG or WebP, up to 8 MB and 24 megapixels. We crop it to a square and remove location and camera data."
                    }
                    input
                        type="file"
                        id="file"
                        name="file"
                        accept="image/jpeg,image/png,image/webp"
                        required;
                }
                button.button.is-quiet { "Upload" }
            }
        }
    }
}

/// Whether students see the page at all.
fn listing(chrome: &Chrome, is_unlisted: bool) -> Markup {
    html! {
        section.card aria-labelledby="listing" {
            h2 #listing { "Your listing" }
            @if is_unlisted {
                p { "You are not listed. Nobody can find or book you." }
            } @else {
                p {
                    "Students find you as soon as you offer a service. If you hide your profile, sessions that are already booked stay."
                }
            }
            form method="post" action="/me/profile/listing" {
                (chrome.csrf_field())
                button.button.is-quiet name="listed" value=(if is_unlisted { "yes" } else { "no" }) {
                    @if is_unlisted { "List my profile" } @else { "Hide my profile" }
                }
            }
        }
    }
}
