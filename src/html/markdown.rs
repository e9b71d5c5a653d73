//! Markdown as people type it, to HTML that can do no harm.

use std::sync::LazyLock;

use maud::{Markup, PreEscaped};
pub use pulldown_cmark::HeadingLevel;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// Deeper nesting is shown flat: nobody writes it, and it costs time.
const DEEPEST: usize = 8;

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .add_tags([
            "p",
            "br",
            "em",
            "strong",
            "del",
            "ul",
            "ol",
            "li",
            "blockquote",
            "code",
            "pre",
            "a",
            "h2",
            "h3",
        ])
        .add_tag_attributes("a", ["href"])
        .add_url_schemes(["http", "https", "mailto"])
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

/// Renders Markdown: no raw HTML, no images, links only to web and mail addresses. Whatever headings it has become
/// those that fit below the one above the text.
///
/// ```
/// use almanac::html::markdown::{HeadingLevel, render};
/// let html = render("# Hi\n**you** <script>x</script>", HeadingLevel::H2).into_string();
/// assert_eq!(html.trim(), "<h2>Hi</h2>\n<p><strong>you</strong> x</p>");
/// ```
pub fn render(text: &str, heading: HeadingLevel) -> Markup {
    let mut depth = 0usize;
    let events =
        Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).filter_map(|event| match event {
            Event::Html(_) | Event::InlineHtml(_) => None,
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
            Event::Start(Tag::Heading {
                id, classes, attrs, ..
            }) => Some(Event::Start(Tag::Heading {
                level: heading,
                id,
                classes,
                attrs,
            })),
            Event::End(TagEnd::Heading(_)) => Some(Event::End(TagEnd::Heading(heading))),
            Event::Start(Tag::BlockQuote(_) | Tag::List(_) | Tag::Item) => {
                depth += 1;
                (depth <= DEEPEST).then_some(event)
            }
            Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item) => {
                depth = depth.saturating_sub(1);
                (depth < DEEPEST).then_some(event)
            }
            other => Some(other),
        });
    let mut rendered = String::new();
    html::push_html(&mut rendered, events);
    PreEscaped(SANITISER.clean(&rendered).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_active_survives() {
        let attacks = [
            "[x](javascript:alert(1))",
            "[x](data:text/html,x)",
            "[x](vbscript:x)",
            "<img src=x onerror=alert(1)>",
            "![x](https://evil.example/pixel.png)",
            "<svg/onload=alert(1)>",
            "[x](\u{1}javascript:alert(1))",
            "<a href='javascript:x' onclick=x>",
            "`<script>`",
            "[a](//evil.example)",
            "<iframe src=x>",
        ];
        for attack in attacks {
            let html = render(attack, HeadingLevel::H3)
                .into_string()
                .to_lowercase();
            for active in [
                "<script",
                "=\"javascript:",
                "onerror",
                "onclick",
                "<img",
                "<svg",
                "<iframe",
                "=\"data:",
                "=\"vbscript:",
                "href=\"//",
            ] {
                assert!(!html.contains(active), "{attack} became {html}");
            }
        }
        assert!(
            render("[ok](https://a.example.org)", HeadingLevel::H3)
                .into_string()
                .contains("nofollow")
        );
    }

    #[test]
    fn deep_nesting_is_flat() {
        let html = render(&">".repeat(4000), HeadingLevel::H3).into_string();
        assert!(html.matches("<blockquote>").count() <= DEEPEST);
        let html = render(&format!("{}x", "[".repeat(4000)), HeadingLevel::H3).into_string();
        assert!(html.contains('x'));
    }
}
