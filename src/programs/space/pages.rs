//! The pages of spaces, made from values already loaded.

use maud::{Markup, html};

use super::{
    Space,
    speak::Words,
    store::{Post, Thread},
};
use crate::{
    html::{
        Page,
        form::{self, Field, tick_box},
        icon, pager, time,
    },
    input::Problems,
    people::visitor::Visitor,
    programs::member::{Inside, pages::head},
};

/// What the page of a space shows.
pub struct Talk<'a> {
    pub inside: &'a Inside,
    pub space: Space,
    pub threads: &'a [Thread],
    pub paging: (i64, bool),
}

/// Who reads what is written in a space.
fn read_by(space: Space) -> &'static str {
    match space {
        Space::All => "Read by everybody in this cohort, and by those who run the program.",
        Space::Mentors => "Read by the mentors of this cohort, and by those who run the program.",
        Space::Mentees => "Read by the mentees of this cohort, and by those who run the program.",
    }
}

pub fn space(visitor: &Visitor, talk: &Talk, typed: &Words, problems: &Problems) -> Markup {
    let inside = talk.inside;
    let path = format!("/spaces/{}", talk.space.as_str());
    let body = html! {
        (head(inside, &path))
        p.hint { (read_by(talk.space)) }
        (form::summary(problems))
        div.columns {
            div {
                @if talk.threads.is_empty() {
                    div.empty {
                        (icon::users())
                        p { "Nobody has written anything yet. Say hello." }
                    }
                }
                ul.cards.is-single {
                    @for thread in talk.threads {
                        li.card {
                            h2 {
                                a href=(inside.at(&format!("/posts/{}", thread.id))) {
                                    (thread.title)
                                }
                            }
                            p.row {
                                @if thread.is_announcement {
                                    span.badge.is-open { "Announcement" }
                                }
                                span.hint {
                                    bdi { (thread.author) }
                                    ", last post "
                                    (time::moment(thread.last_at, &visitor.zone))
                                }
                            }
                        }
                    }
                }
                ({
                    pager::pager(
                        talk.paging.0,
                        talk.paging.1,
                        |number| {
                            form::address(
                                &inside.at(&path),
                                &[("page", &number.to_string())],
                            )
                        },
                    )
                })
            }
            @if inside.is_open() {
                form.card.stack method="post" action=(inside.at(&path)) {
                    (visitor.chrome.csrf_field())
                    h2 { "Start a thread" }
                    ({
                        Field::new("title", "Title", &typed.title)
                            .required()
                            .longest(150)
                            .problems(problems)
                            .input()
                    })
                    ({
                        Field::new("words", "Message", &typed.words)
                            .required()
                            .longest(5000)
                            .problems(problems)
                            .text_area(6)
                    })
                    @if inside.leads() {
                        ({
                            tick_box(
                                "announcement",
                                "yes",
                                "This is an announcement",
                                typed.is_announcement,
                            )
                        })
                    }
                    div.row {
                        button.button { "Post" }
                    }
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: talk.space.words(),
        body,
    }
    .render()
}

/// A thread: its first post, and the replies.
pub fn thread(
    visitor: &Visitor,
    inside: &Inside,
    posts: &[Post],
    typed: &str,
    problems: &Problems,
) -> Markup {
    let Some(first) = posts.first() else {
        return html! {};
    };
    let space = format!("/spaces/{}", first.space.as_str());
    let body = html! {
        p {
            a href=(inside.at(&space)) { (first.space.words()) }
        }
        h1 { (first.title) }
        p.hint { (read_by(first.space)) }
        (form::summary(problems))
        ol.plain.posts {
            @for post in posts { (said(visitor, inside, post)) }
        }
        @if inside.is_open() && first.removed_at.is_none() {
            form.card.stack method="post" action=(inside.at(&format!("/posts/{}", first.id))) {
                (visitor.chrome.csrf_field())
                ({
                    Field::new("words", "Your reply", typed)
                        .required()
                        .longest(5000)
                        .problems(problems)
                        .text_area(4)
                })
                div.row {
                    button.button { "Reply" }
                }
            }
        }
    };
    Page {
        chrome: &visitor.chrome,
        title: &first.title,
        body,
    }
    .render()
}

fn said(visitor: &Visitor, inside: &Inside, post: &Post) -> Markup {
    let may_remove = inside.is_open() && (post.author_id == inside.person.id || inside.leads());
    html! {
        li.card.stack {
            p.row {
                strong {
                    bdi { (post.author) }
                }
                span.hint { (time::moment(post.at, &visitor.zone)) }
                @if post.is_announcement {
                    span.badge.is-open { "Announcement" }
                }
            }
            @if post.removed_at.is_some() {
                p.hint { "This post was removed." }
            } @else {
                p.said { (post.words) }
                @if may_remove {
                    form
                        method="post"
                        action=(inside.at(&format!("/posts/{}/remove", post.id)))
                        data-confirm="The words are deleted for everybody."
                    {
                        (visitor.chrome.csrf_field())
                        button.link { "Remove" }
                    }
                }
            }
        }
    }
}
