//! The JSON Schema of program files, for editors.

use serde_json::{Value, json};

use super::{
    Blank, CohortStatus, FieldKind, Mode, Part, Reader, Severity,
    check::VARIABLES,
    settings::{self, Kind},
};

/// The schema, as JSON Schema 2020-12.
pub fn schema() -> Value {
    let table = |properties: Value, required: &[&str]| {
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    };
    let text = |about: &str| json!({ "type": "string", "description": about });
    let flag = |about: &str| json!({ "type": "boolean", "description": about });
    let texts = |about: &str| json!({ "type": "array", "items": { "type": "string" }, "description": about });
    let words = |words: Vec<&str>, about: &str| json!({ "enum": words, "description": about });
    let all = |table: Value| json!({ "type": "array", "items": table });
    let role = || words(each(Part::ALL, Part::as_str), "Whose it is.");
    let severity = || {
        words(
            each(Severity::ALL, Severity::as_str),
            "How binding it is; hard if it is left out.",
        )
    };
    let date = |about: &str| {
        let about = format!(
            "{about} A date or a local date and time in the program's zone; \"\" while it is open."
        );
        json!({ "type": "string", "description": about })
    };
    let count = |about: &str| json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, { "const": "" }], "description": about });
    let contact = table(
        json!({ "channel": { "enum": ["email", "slack", "link"] }, "address": text("An email or web address.") }),
        &["channel", "address"],
    );
    let program = table(
        json!({
            "slug": { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$", "description": "What stands in its address." },
            "name": text("The name."),
            "summary": text("What it is, in a sentence."),
            "mode": words(each(Mode::ALL, Mode::as_str), "How people come together."),
            "zone": text("An IANA time zone, such as America/Toronto."),
            "contacts": { "type": "array", "items": contact, "description": "Ways to the coordinators; addresses of a role, not of a person." },
        }),
        &["slug", "name", "mode", "zone", "contacts"],
    );
    let cohort = table(
        json!({
            "name": text("As in 2027."),
            "status": words(each(CohortStatus::ALL, CohortStatus::as_str), "Planned ones write to nobody."),
            "applications_open": date("From then on."),
            "applications_close": date("Up to then; a date alone is the last day."),
            "results_on": date("When everybody hears the decision."),
            "starts_on": date("The first day."),
            "ends_on": date("The last day."),
            "pairs": count("The target, in pairs."),
            "seats": count("The seats, in persons."),
        }),
        &[],
    );
    let settings: serde_json::Map<String, Value> = settings::SETTINGS
        .iter()
        .map(|spec| {
            let value =
                json!({ "anyOf": [value(spec.kind), { "const": "", "description": "Open." }] });
            let setting = table(
                json!({
                    "value": value,
                    "severity": severity(),
                    "source": text("The sentence of the document; empty: our default."),
                }),
                &["value"],
            );
            let mut setting = setting;
            setting["title"] = json!(spec.title);
            setting["description"] = json!(spec.about);
            (spec.name.to_owned(), setting)
        })
        .collect();
    let named = |mut properties: Value, required: &[&str]| {
        properties["name"] = text("The name, once per role.");
        properties["role"] = role();
        let required: Vec<&str> = ["name", "role"]
            .into_iter()
            .chain(required.iter().copied())
            .collect();
        all(table(properties, &required))
    };
    let variables = format!("Markdown. It can name {{{}}}.", VARIABLES.join("}, {"));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Almanac program file",
        "type": "object",
        "additionalProperties": false,
        "required": ["program"],
        "properties": {
            "program": program,
            "cohort": cohort,
            "settings": { "type": "object", "properties": settings, "additionalProperties": false },
            "eligibility": all(table(
                json!({
                    "role": role(),
                    "roles": { "type": "array", "items": { "enum": ["student", "alumnus"] }, "description": "Any of these roles on the site." },
                    "standing": { "enum": ["", "active"], "description": "The standing that is needed." },
                    "designations": texts("Any of these designations."),
                    "domains": texts("An email address at any of these domains."),
                    "graduates_within": text("The latest graduation, from today on, as in P24M."),
                    "words": text("What applicants read."),
                    "source": text("The sentence of the document; empty: our default."),
                }),
                &["role", "words"],
            )),
            "field": named(
                json!({
                    "label": text("The question."),
                    "kind": words(each(FieldKind::ALL, FieldKind::as_str), "What is asked for."),
                    "required": flag("Whether it must be answered."),
                    "readers": { "type": "array", "items": { "enum": each(Reader::ALL, Reader::as_str) }, "description": "Who reads the answer." },
                    "help": text("What is shown below the question."),
                    "options": texts("What can be chosen."),
                }),
                &["label", "kind"],
            ),
            "criterion": all(table(
                json!({
                    "name": text("What it is called."),
                    "field": text("The field of both forms that it compares."),
                    "mentee_field": text("The field of the mentee, where they differ."),
                    "mentor_field": text("The field of the mentor, where they differ."),
                    "weight": { "type": "integer", "minimum": 0, "maximum": 100 },
                    "must": flag("Whether a pair that does not meet it is impossible."),
                    "blank": words(each(Blank::ALL, Blank::as_str), "What a blank answer counts as."),
                }),
                &["name", "weight", "blank"],
            )),
            "milestone": named(
                json!({ "after": text("A duration from the start, as in P1M."), "severity": severity(), "words": text("What is due.") }),
                &["after", "words"],
            ),
            "acknowledgement": named(json!({ "words": text("What they agree to.") }), &["words"]),
            "block": named(
                json!({ "title": text("The heading."), "required": flag("Whether it must be written before publishing."), "text": text("Markdown.") }),
                &["title"],
            ),
            "rubric": named(
                json!({ "words": text("What it looks at."), "points": { "type": "integer", "minimum": 1, "maximum": 100, "description": "The most points." } }),
                &["words", "points"],
            ),
            "letter": named(json!({ "subject": text(&variables), "text": text(&variables) }), &["subject", "text"]),
        },
    })
}

fn each<E: Copy>(all: &[E], word: fn(E) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

/// What a setting may be.
fn value(kind: Kind) -> Value {
    match kind {
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::SeveralOf(words) => json!({ "type": "array", "items": { "enum": words } }),
        Kind::YesNo => json!({ "type": "boolean" }),
        Kind::Number(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
        Kind::Range(from, to) => {
            let end = json!({ "type": "integer", "minimum": from, "maximum": to });
            json!({ "type": "object", "properties": { "min": end, "max": end }, "additionalProperties": false })
        }
        Kind::Offset => {
            json!({ "type": "string", "pattern": "^-?P(\\d+Y)?(\\d+M)?(\\d+W)?(\\d+D)?$" })
        }
        Kind::Text => json!({ "type": "string" }),
    }
}
