//! Changes to the text of a program file that leave everything else in it as it stands, comments and all.

use toml_edit::{
    Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value,
};

use super::{Contact, Field, read::read};

/// A file that can be read, with these questions in place of its own, in this order. `was`: the place, from 0, that a
/// question has in the file; none: it is new.
///
/// ```
/// use almanac::programs::file::edit::with_fields;
/// let text = "[program]\nslug = \"a-b\" # ours\n\n[[field]]\nname = \"a\" # first\n\n[[field]]\nname = \"b\"\n\n[[block]]\nname = \"c\"\n";
/// assert_eq!(with_fields(text, &[]), "[program]\nslug = \"a-b\" # ours\n\n[[block]]\nname = \"c\"\n");
/// ```
pub fn with_fields(text: &str, fields: &[(Option<usize>, Field)]) -> String {
    let had = read(text).map(|reading| reading.file.fields);
    let had = had.unwrap_or_default();
    let is_kept = |(at, (was, field)): (usize, &(Option<usize>, Field))| {
        *was == Some(at) && had.get(at) == Some(field)
    };
    if had.len() == fields.len() && fields.iter().enumerate().all(is_kept) {
        return text.to_owned();
    }
    edited(text, |document| {
        let before = match document.get("field").and_then(Item::as_array_of_tables) {
            Some(tables) => tables.clone(),
            None => {
                document.remove("field");
                ArrayOfTables::new()
            }
        };
        // Those that stay take the places of those that stay, a new one the place of the one before it.
        let kept = fields
            .iter()
            .filter_map(|(was, _)| before.get((*was)?)?.position());
        let mut places: Vec<isize> = kept.collect();
        places.sort_unstable();
        let mut places = places.into_iter();
        let mut place = before.iter().next().and_then(Table::position);
        let mut tables = ArrayOfTables::new();
        for (was, field) in fields {
            let known = was.and_then(|at| Some((before.get(at)?.clone(), had.get(at)?)));
            let mut table = match known {
                Some((mut table, had)) => {
                    place = places.next().or(place);
                    write(&mut table, Some(had), field);
                    table
                }
                None => {
                    let mut table = Table::new();
                    table.decor_mut().set_prefix("\n");
                    write(&mut table, None, field);
                    table
                }
            };
            put_at(&mut table, place);
            tables.push(table);
        }
        match tables.is_empty() {
            true => drop(document.remove("field")),
            false => document["field"] = Item::ArrayOfTables(tables),
        }
    })
}

/// A text with a change of its document; its line ends, and the mark at its beginning, stay.
fn edited(text: &str, change: impl FnOnce(&mut DocumentMut)) -> String {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let has_returns = body.contains("\r\n");
    let Ok(mut document) = body.replace("\r\n", "\n").parse::<DocumentMut>() else {
        return text.to_owned();
    };
    change(&mut document);
    let text = document.to_string();
    match has_returns {
        true => format!("{mark}{}", text.replace('\n', "\r\n")),
        false => format!("{mark}{text}"),
    }
}

/// Puts a table, with what is below it, at a place of the file.
fn put_at(table: &mut Table, place: Option<isize>) {
    table.set_position(place);
    for (_, item) in table.iter_mut() {
        if let Some(below) = item.as_table_mut() {
            put_at(below, place);
        }
    }
}

/// Writes what differs from what the table had.
fn write(table: &mut Table, had: Option<&Field>, field: &Field) {
    let words = |all: &[&str]| Value::from(all.iter().copied().collect::<Array>());
    let is_new = |same: fn(&Field, &Field) -> bool| had.is_none_or(|had| !same(had, field));
    if is_new(|a, b| a.name == b.name) {
        put(table, "name", Some(field.name.as_str().into()));
    }
    if is_new(|a, b| a.label == b.label) {
        put(table, "label", Some(field.label.as_str().into()));
    }
    if is_new(|a, b| a.role == b.role) {
        put(table, "role", Some(field.role.as_str().into()));
    }
    if is_new(|a, b| a.kind == b.kind) {
        put(table, "kind", Some(field.kind.as_str().into()));
    }
    if is_new(|a, b| a.required == b.required) {
        put(table, "required", field.required.then(|| true.into()));
    }
    if is_new(|a, b| a.readers == b.readers) {
        let readers: Vec<&str> = field.readers.iter().map(|reader| reader.as_str()).collect();
        put(table, "readers", Some(words(&readers)));
    }
    if is_new(|a, b| a.help == b.help) {
        let help = (!field.help.is_empty()).then(|| field.help.as_str().into());
        put(table, "help", help);
    }
    if is_new(|a, b| a.options == b.options) {
        let options: Vec<&str> = field.options.iter().map(String::as_str).collect();
        let options = (!options.is_empty()).then(|| words(&options));
        put(table, "options", options);
    }
}

/// Sets a value, or takes it away. What is written beside it stays.
fn put(table: &mut dyn TableLike, key: &str, wanted: Option<Value>) {
    let Some(mut wanted) = wanted else {
        table.remove(key);
        return;
    };
    match table.get(key).and_then(Item::as_value) {
        Some(before) => {
            *wanted.decor_mut() = before.decor().clone();
            table.insert(key, Item::Value(wanted));
        }
        None => drop(table.insert(key, value(wanted))),
    }
}

/// A date of the cohort, as a file has it: a day, or a day and the time; none: open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Open,
    Day(chrono::NaiveDate),
    Moment(chrono::NaiveDateTime),
}

/// A file that can be read, with another value of a key of its cohort.
pub fn with_date(text: &str, key: &str, wanted: Written) -> String {
    let said = match wanted {
        Written::Open => String::new(),
        Written::Day(day) => day.to_string(),
        Written::Moment(at) => at.format("%Y-%m-%dT%H:%M:%S").to_string(),
    };
    let wanted = match said.parse::<toml_edit::Datetime>() {
        Ok(moment) => Value::from(moment),
        Err(_) => Value::from(""),
    };
    in_cohort(text, key, Some(wanted))
}

/// A file that can be read, with another word at a key of its cohort.
pub fn with_word(text: &str, key: &str, word: &str) -> String {
    in_cohort(text, key, Some(Value::from(word)))
}

/// A file that can be read, with another number at a key of its cohort; none: it is not set.
pub fn with_number(text: &str, key: &str, number: Option<u32>) -> String {
    in_cohort(
        text,
        key,
        number.map(|number| Value::from(i64::from(number))),
    )
}

fn in_cohort(text: &str, key: &str, wanted: Option<Value>) -> String {
    edited(text, |document| {
        if document.get("cohort").is_none() {
            document["cohort"] = Item::Table(Table::new());
        }
        if let Some(table) = document["cohort"].as_table_like_mut() {
            put(table, key, wanted);
        }
    })
}

/// A file that can be read, with other words at a key of its program.
pub fn with_program(text: &str, key: &str, words: &str) -> String {
    edited(text, |document| {
        if let Some(table) = document["program"].as_table_like_mut() {
            put(table, key, Some(words.into()));
        }
    })
}

/// A file that can be read, with other ways to its coordinators.
pub fn with_contacts(text: &str, contacts: &[Contact]) -> String {
    edited(text, |document| {
        let contact = |contact: &Contact| {
            let mut table = InlineTable::new();
            table.insert("channel", contact.channel.as_str().into());
            table.insert("address", contact.address.as_str().into());
            Value::from(table)
        };
        if let Some(table) = document["program"].as_table_like_mut() {
            let contacts: Array = contacts.iter().map(contact).collect();
            put(table, "contacts", Some(contacts.into()));
        }
    })
}

/// A file that can be read, with another text of a block, which is found by its place from 0.
pub fn with_block(text: &str, at: usize, words: &str) -> String {
    edited(text, |document| {
        let block = document.get_mut("block").and_then(|blocks| match blocks {
            Item::ArrayOfTables(tables) => {
                tables.get_mut(at).map(|table| table as &mut dyn TableLike)
            }
            Item::Value(Value::Array(all)) => all
                .get_mut(at)
                .and_then(Value::as_inline_table_mut)
                .map(|table| table as &mut dyn TableLike),
            _ => None,
        });
        if let Some(table) = block {
            put(table, "text", Some(words.into()));
        }
    })
}

/// The zone as a file has it; empty where it is open.
pub fn zone_of(text: &str) -> String {
    let document = text.trim_start_matches('\u{feff}').parse::<DocumentMut>();
    let zone = document.ok().and_then(|document| {
        let zone = document.get("program")?.get("zone")?.as_str()?;
        Some(zone.to_owned())
    });
    zone.unwrap_or_default()
}

/// A name for a new question, from its label; unlike those that are taken.
///
/// ```
/// use almanac::programs::file::edit::name_for;
/// assert_eq!(name_for("Why do you apply?", &["why-do-you-apply".into()]), "why-do-you-apply-2");
/// assert_eq!(name_for("?", &[]), "question");
/// ```
pub fn name_for(label: &str, taken: &[String]) -> String {
    let slug: String = crate::input::slug(label).chars().take(40).collect();
    let slug = match slug.trim_matches('-') {
        "" => "question",
        slug => slug,
    };
    let is_free = |name: &String| !taken.contains(name);
    let mut more = (2..).map(|number| format!("{slug}-{number}"));
    let plain = Some(slug.to_owned()).filter(&is_free);
    plain
        .or_else(|| more.find(is_free))
        .expect("there is always another number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::file::FieldKind;

    const HEAD: &str = "[program]\nslug = \"a-b\"\nname = \"A\"\nmode = \"evergreen\"\nzone = \"UTC\"\ncontacts = []\n";

    /// A file with two questions, and those as they are read.
    fn two(between: &str) -> (String, Vec<(Option<usize>, Field)>) {
        let one = |name: &str, more: &str| {
            format!(
                "\n# about {name}\n[[field]]\nname = '{name}' # its name\nlabel = \"\"\"\nL {name}\"\"\"\nrole = \"both\"\nkind = \"short_text\"\nreaders = [\n  \"coordinators\", # all\n]\n{more}"
            )
        };
        let text = format!(
            "{HEAD}{}{between}{}",
            one("one", "[field.note]\nx = 1\n"),
            one("two", "[field.note]\nx = 2\n")
        );
        let fields = read(&text).unwrap().file.fields;
        (
            text,
            fields
                .into_iter()
                .enumerate()
                .map(|(at, field)| (Some(at), field))
                .collect(),
        )
    }

    #[test]
    fn what_is_not_changed_stays_as_it_is_written() {
        let (text, fields) = two("\n[[milestone]]\nname = \"m\"\n");
        for written in [
            text.clone(),
            text.replace('\n', "\r\n"),
            format!("\u{feff}{text}"),
        ] {
            assert_eq!(with_fields(&written, &fields), written);
        }
        let mut changed = fields.clone();
        changed[1].1.required = true;
        let after = with_fields(&text, &changed);
        let expected = text.replacen(
            "[field.note]\nx = 2",
            "required = true\n[field.note]\nx = 2",
            1,
        );
        assert_eq!(after, expected);
        let after = with_fields(&text.replace('\n', "\r\n"), &changed);
        assert_eq!(after, expected.replace('\n', "\r\n"));
    }

    #[test]
    fn questions_move_with_what_is_below_them() {
        let (text, fields) = two("\n[[milestone]]\nname = \"m\"\n");
        let mut moved: Vec<_> = fields.iter().rev().cloned().collect();
        let mut new = fields[0].1.clone();
        new.name = "new".into();
        new.kind = FieldKind::Date;
        moved.insert(1, (None, new));
        let after = with_fields(&text, &moved);
        let read = read(&after).unwrap().file;
        let names: Vec<&str> = read
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(names, ["two", "new", "one"], "{after}");
        let note = after.find("x = 2").unwrap();
        assert!(note < after.find("name = 'one'").unwrap(), "{after}");
        assert!(
            after.contains("# about one\n[[field]]\nname = 'one' # its name"),
            "{after}"
        );
        // Those who stay take the places that there were.
        let milestone = after.find("[[milestone]]").unwrap();
        assert!(
            after.find("name = 'two'").unwrap() < milestone
                && milestone < after.find("name = 'one'").unwrap()
        );
    }

    #[test]
    fn a_cohort_on_one_line_is_changed_too() {
        let text = "cohort = { name = \"2027\", pairs = 8 } # ours\n";
        assert_eq!(
            with_number(text, "pairs", Some(9)),
            "cohort = { name = \"2027\", pairs = 9 } # ours\n"
        );
    }
}
