//! What a letter says, once, for both its forms: plain text and HTML.

use maud::{DOCTYPE, html};

use crate::identity::{Accent, Identity};

/// A piece of a letter.
#[derive(Clone, Debug)]
pub enum Block {
    Paragraph(String),
    /// Names and values, as in a table.
    Facts(Vec<(&'static str, String)>),
    /// Somebody's words, under a heading.
    Quote(String, String),
    Button {
        label: &'static str,
        url: String,
    },
    /// A link that is not the main thing.
    Link {
        label: &'static str,
        url: String,
    },
    Small(String),
}

/// The text/plain part.
pub fn text(site: &Identity, title: &str, blocks: &[Block]) -> String {
    let mut out = vec![title.to_owned()];
    for block in blocks {
        out.push(match block {
            Block::Paragraph(text) | Block::Small(text) => text.clone(),
            Block::Facts(facts) => facts
                .iter()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect::<Vec<_>>()
                .join("\n"),
            Block::Quote(heading, words) => {
                let quoted: Vec<String> = words.lines().map(|line| format!("> {line}")).collect();
                format!("{heading}\n{}", quoted.join("\n"))
            }
            Block::Button { label, url } | Block::Link { label, url } => format!("{label}:\n{url}"),
        });
    }
    let contact = [site.name.as_str(), site.contact.as_str()];
    let contact = contact.into_iter().filter(|line| !line.is_empty());
    out.push(format!("-- \n{}", contact.collect::<Vec<_>>().join("\n")));
    out.join("\n\n")
}

/// The text/html part. Mail programs read styles only where they stand, hence the attributes; the
/// colours also hold where a program turns light into dark.
pub fn html(site: &Identity, title: &str, blocks: &[Block]) -> String {
    const FONT: &str = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;";
    const P: &str = "margin:0 0 16px;line-height:1.5;";
    const BUTTON: &str = "display:inline-block;padding:12px 20px;border-radius:8px;color:#ffffff;\
        text-decoration:none;font-weight:600;";
    let accent = site.accent.map_or("#1f5c4d".to_owned(), Accent::as_text);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { (title) }
            }
            body
                style={
                    (FONT)
                    "margin:0;padding:24px 12px;background:#f5f3ee;color:#22302b;font-size:16px;"
                }
            {
                div style="max-width:560px;margin:0 auto;background:#ffffff;border:1px solid #e0dcd2;border-radius:12px;padding:28px;"
                {
                    p style={ "margin:0 0 20px;font-weight:700;color:" (accent) ";" } { (site.name) }
                    h1 style="margin:0 0 16px;font-size:22px;line-height:1.3;" { (title) }
                    @for block in blocks {
                        @match block {
                            Block::Paragraph(text) => p style=(P) { (text) },
                            Block::Facts(facts) => {
                                table
                                    role="presentation"
                                    style="border-collapse:collapse;margin:0 0 16px;"
                                {
                                    @for (name, value) in facts {
                                        tr {
                                            td  style="padding:4px 16px 4px 0;color:#5b6963;vertical-align:top;white-space:nowrap;"
                                            { (name) }
                                            td style="padding:4px 0;" { (value) }
                                        }
                                    }
                                }
                            }
                            Block::Quote(heading, words) => {
                                p style="margin:0 0 4px;color:#5b6963;" { (heading) }
                                blockquote
                                    style="margin:0 0 16px;padding:0 0 0 12px;border-left:3px solid #cfd8d3;white-space:pre-line;line-height:1.5;"
                                { (words) }
                            }
                            Block::Button { label, url } => {
                                p style="margin:0 0 20px;" {
                                    a   href=(url)
                                        style={ (BUTTON) "background:" (accent) ";" }
                                    { (label) }
                                }
                            }
                            Block::Link { label, url } => {
                                p style=(P) {
                                    a href=(url) style="color:#1f5c4d;" { (label) }
                                }
                            }
                            Block::Small(text) => p   style="margin:0 0 12px;color:#5b6963;font-size:14px;line-height:1.5;"
                            { (text) },
                        }
                    }
                }
            }
        }
    }
    .into_string()
}
