//! What two program files differ in.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{Document, Item, TableLike, Value};

use super::lint::{Finding, join};
use crate::input;

/// A value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path; entries of lists go by their names and roles, as in `field[goals, mentee].required`.
    pub place: String,
    /// As TOML; none: it is not there.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// What differs, by path. Comments and the order of entries are no differences.
///
/// # Errors
///
/// What is wrong with a text that is no TOML.
///
/// ```
/// use almanac::programs::file::difference::differences;
/// let found = differences("[a]\nx = 1\ny = 2", "[a]\ny = 2 # the same\nx = 3").unwrap();
/// assert_eq!(found.len(), 1);
/// assert_eq!((found[0].place.as_str(), found[0].before.as_deref()), ("a.x", Some("1")));
/// ```
pub fn differences(before: &str, after: &str) -> Result<Vec<Difference>, Vec<Finding>> {
    let values = |text: &str| -> Result<BTreeMap<String, String>, Vec<Finding>> {
        super::read::read(text).map(drop)?;
        let document = Document::parse(text).expect("it has just been read");
        let mut values = BTreeMap::new();
        flatten(document.as_item(), "", &mut values);
        Ok(values)
    };
    let (before, after) = (values(before)?, values(after)?);
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let difference = |path: &String| Difference {
        place: path.clone(),
        before: before.get(path).cloned(),
        after: after.get(path).cloned(),
    };
    Ok(paths
        .into_iter()
        .map(difference)
        .filter(|d| d.before != d.after)
        .collect())
}

fn flatten(item: &Item, path: &str, values: &mut BTreeMap<String, String>) {
    let inline: Option<Vec<&dyn TableLike>> = item
        .as_array()
        .filter(|array| !array.is_empty())
        .and_then(|array| {
            let tables = array
                .iter()
                .map(|v| v.as_inline_table().map(|t| t as &dyn TableLike));
            tables.collect()
        });
    let tables = item.as_array_of_tables().map(|tables| {
        let tables = tables.iter().map(|table| table as &dyn TableLike);
        tables.collect()
    });
    if let Some(tables) = tables.or(inline) {
        let mut taken = BTreeSet::new();
        for table in tables {
            let place = named(table, path, &mut taken);
            flatten_table(table, &place, values);
        }
    } else if let Some(table) = item.as_table_like() {
        flatten_table(table, path, values);
    } else if let Some(value) = item.as_value() {
        values.insert(path.to_owned(), plain(value));
    }
}

fn flatten_table(table: &dyn TableLike, path: &str, values: &mut BTreeMap<String, String>) {
    for (key, item) in table.iter() {
        flatten(item, &join(path, &input::line(key)), values);
    }
}

/// Where an entry of a list is, by what tells it from the others; numbered where that is the same.
fn named(table: &dyn TableLike, path: &str, taken: &mut BTreeSet<String>) -> String {
    let words = ["name", "role", "channel"]
        .iter()
        .filter_map(|key| table.get(key).and_then(Item::as_str).map(input::line));
    let name = words.collect::<Vec<_>>().join(", ");
    let numbered = (2..).map(|number| format!("{path}[{name} #{number}]"));
    std::iter::once(format!("{path}[{name}]"))
        .chain(numbered)
        .find(|place| taken.insert(place.clone()))
        .expect("numbers do not end")
}

/// A value without the space and the comments around it; what cannot be seen is written out.
fn plain(value: &Value) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    if let Some(array) = value.as_array_mut() {
        array.fmt();
    }
    let text = value.to_string();
    text.chars()
        .flat_map(|c| match c != '\n' && input::is_deceiving(c) {
            true => c.escape_unicode().collect::<Vec<_>>(),
            false => vec![c],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(before: &str, after: &str) -> Vec<String> {
        let found = differences(before, after).unwrap();
        found.into_iter().map(|d| d.place).collect()
    }

    #[test]
    fn entries_go_by_name_and_role_and_no_change_is_missed() {
        let file = |title: &str| {
            format!(
                "[[block]]\nname = \"how\"\nrole = \"mentee\"\n[[block]]\nname = \"how\"\nrole = \"mentor\"\ntitle = \"{title}\"\n\
                 [[block]]\nname = \"how #2\"\nrole = \"both\"\n[[block]]\nname = \"how\"\nrole = \"mentor\"\n"
            )
        };
        assert_eq!(
            places(&file("old"), &file("new")),
            ["block[how, mentor].title"]
        );
    }

    #[test]
    fn other_spellings_of_the_same_are_no_differences() {
        for (one, other) in [
            ("[s.log]\nvalue = 1", "s = { log = { value = 1 } }"),
            ("a = { x = 1, y = 2 }", "a = {y=2,x=1}"),
            ("[[f]]\nname = \"a\"", "f = [{ name = \"a\" }]"),
            (
                "[[f]]\nname = \"a\"\n[[f]]\nname = \"b\"",
                "[[f]]\nname = \"b\"\n[[f]]\nname = \"a\"",
            ),
        ] {
            assert_eq!(places(one, other), [""; 0], "{one} {other}");
        }
        let found = differences("a = \"x\"", "a = \"\u{202e}x\"").unwrap();
        assert_eq!(found[0].after.as_deref(), Some("\"\\u{202e}x\""));
    }
}
