//! Changes to the text of a program file that leave everything else in it as it stands, comments and all.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

use super::Field;

/// A file that can be read, with these questions in place of its own, in this order. `was`: the place, from 0, that a
/// question has in the file; none: it is new.
///
/// ```
/// use almanac::programs::file::{edit::with_fields, read::read};
/// let text = "[program]\nslug = \"a-b\" # ours\n\n[[field]]\nname = \"a\" # first\n\n[[field]]\nname = \"b\"\n\n[[block]]\nname = \"c\"\n";
/// assert_eq!(with_fields(text, &[]), "[program]\nslug = \"a-b\" # ours\n\n[[block]]\nname = \"c\"\n");
/// ```
pub fn with_fields(text: &str, fields: &[(Option<usize>, Field)]) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    let before = match document.get("field").and_then(Item::as_array_of_tables) {
        Some(tables) => tables.clone(),
        None => ArrayOfTables::new(),
    };
    let position = before.iter().next().and_then(Table::position);
    let mut tables = ArrayOfTables::new();
    for (was, field) in fields {
        let known = was.and_then(|at| before.get(at)).cloned();
        let mut table = known.unwrap_or_else(|| {
            let mut table = Table::new();
            table.decor_mut().set_prefix("\n");
            table
        });
        table.set_position(position);
        write(&mut table, field);
        tables.push(table);
    }
    match tables.is_empty() {
        true => drop(document.remove("field")),
        false => document["field"] = Item::ArrayOfTables(tables),
    }
    document.to_string()
}

fn write(table: &mut Table, field: &Field) {
    let words = |all: &[&str]| Value::from(all.iter().copied().collect::<Array>());
    put(table, "name", Some(field.name.as_str().into()));
    put(table, "label", Some(field.label.as_str().into()));
    put(table, "role", Some(field.role.as_str().into()));
    put(table, "kind", Some(field.kind.as_str().into()));
    let required = field.required.then(|| true.into());
    put(table, "required", required);
    let readers: Vec<&str> = field.readers.iter().map(|reader| reader.as_str()).collect();
    put(table, "readers", Some(words(&readers)));
    let help = (!field.help.is_empty()).then(|| field.help.as_str().into());
    put(table, "help", help);
    let options: Vec<&str> = field.options.iter().map(String::as_str).collect();
    put(
        table,
        "options",
        (!options.is_empty()).then(|| words(&options)),
    );
}

/// Sets a value, or takes it away. One that means the same stays as it is written.
fn put(table: &mut Table, key: &str, wanted: Option<Value>) {
    let plain = |value: &Value| {
        let mut value = value.clone();
        value.decor_mut().clear();
        if let Some(array) = value.as_array_mut() {
            let all: Vec<Value> = array.iter().cloned().collect();
            array.clear();
            array.extend(all.into_iter().map(|mut one| {
                one.decor_mut().clear();
                one
            }));
            array.set_trailing("");
            array.set_trailing_comma(false);
        }
        value.to_string()
    };
    let before = table.get(key).and_then(Item::as_value);
    match (before, wanted) {
        (Some(before), Some(wanted)) if plain(before) == plain(&wanted) => {}
        (Some(before), Some(mut wanted)) => {
            *wanted.decor_mut() = before.decor().clone();
            table[key] = Item::Value(wanted);
        }
        (None, Some(wanted)) => drop(table.insert(key, value(wanted))),
        // What is said to be empty may stay so.
        (Some(before), None) if ["\"\"", "[]", "false"].contains(&plain(before).as_str()) => {}
        (_, None) => drop(table.remove(key)),
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
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    if document.get("cohort").is_none() {
        document["cohort"] = Item::Table(Table::new());
    }
    match document["cohort"].as_table_mut() {
        Some(table) => put(table, key, wanted),
        None => return text.to_owned(),
    }
    document.to_string()
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
