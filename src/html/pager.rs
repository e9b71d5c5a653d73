//! Lists that come a page at a time: which page is asked for, and the ways to the others.

use maud::{Markup, html};

use super::{form::Fields, icon};
use crate::{db::Paging, error::Error};

/// The page of a list that a query asks for, from 1.
pub fn page_number(query: &Fields) -> Result<i64, Error> {
    let Some(text) = query.some("page")? else {
        return Ok(1);
    };
    let number = text.parse().ok().filter(|n| (1..=100_000).contains(n));
    number.ok_or_else(|| Error::bad_request("page", "must be a number from 1"))
}

/// The rows of that page and one more, which tells whether there is another.
pub fn and_one_more(page: i64, per_page: i64) -> Paging {
    Paging {
        limit: per_page + 1,
        offset: (page - 1) * per_page,
    }
}

/// Takes away the one more. Returns whether it was there.
pub fn cut<T>(rows: &mut Vec<T>, per_page: i64) -> bool {
    let has_more = rows.len() as i64 > per_page;
    rows.truncate(usize::try_from(per_page).unwrap_or(usize::MAX));
    has_more
}

/// The ways to the page before and the one after; `at` is the address of a page.
pub fn pager(page: i64, has_more: bool, at: impl Fn(i64) -> String) -> Markup {
    html! {
        @if page > 1 || has_more {
            nav.pager aria-label="Pages" {
                @if page > 1 {
                    a.button.is-quiet rel="prev" href=(at(page - 1)) { (icon::left()) "Previous" }
                }
                span { "Page " (page) }
                @if has_more {
                    a.button.is-quiet rel="next" href=(at(page + 1)) { "Next" (icon::right()) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_more_tells_of_another_page() {
        let mut rows: Vec<i64> = (0..and_one_more(2, 3).limit).collect();
        assert!(cut(&mut rows, 3));
        assert_eq!(rows, [0, 1, 2]);
        assert!(!cut(&mut rows, 3));
        let query = |text: &str| Fields::parse(text).unwrap();
        assert_eq!(page_number(&query("")).unwrap(), 1);
        for wrong in ["page=0", "page=x", "page=99999999999999999999"] {
            assert!(page_number(&query(wrong)).is_err(), "{wrong}");
        }
    }
}
