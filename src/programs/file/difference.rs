//! What two program files differ in.

use std::collections::BTreeMap;

use toml_edit::{Document, Item, Value};

use super::lint::Finding;
use crate::input;

/// A value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path; entries of lists go by their names, as in `field[goals].required`.
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
    let paths: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
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
    let below = |key: &str| match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    };
    if let Some(tables) = item.as_array_of_tables() {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for table in tables {
            let word = |key: &str| table.get(key).and_then(Item::as_str).map(input::line);
            let name = word("name").or_else(|| word("role")).unwrap_or_default();
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            let nth = match count {
                1 => name,
                n => format!("{name} {n}"),
            };
            for (key, item) in table {
                flatten(item, &format!("{path}[{nth}].{key}"), values);
            }
        }
    } else if let Some(table) = item.as_table() {
        for (key, item) in table {
            flatten(item, &below(&input::line(key)), values);
        }
    } else if let Some(value) = item.as_value() {
        values.insert(path.to_owned(), plain(value));
    }
}

/// A value without the space and the comments around it.
fn plain(value: &Value) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    if let Some(array) = value.as_array_mut() {
        array.fmt();
    }
    if let Some(table) = value.as_inline_table_mut() {
        table.fmt();
    }
    value.to_string()
}
