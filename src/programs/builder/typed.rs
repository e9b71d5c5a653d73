//! The blocks of a form as they are sent from the builder.

use crate::{
    error::Error,
    html::form::Fields,
    input::{self, Problems},
    programs::file::{Field, FieldKind, Part, Reader, edit::name_for},
};

/// The most questions of a form.
pub const MOST: usize = 60;

/// A question in the builder.
#[derive(Clone, Debug)]
pub struct Block {
    /// What the names of its controls end in: its place in the file that was seen, or `n` and a number if it is new.
    pub key: String,
    pub field: Field,
}

impl Block {
    /// Its place in the file that was seen, from 0; none: it is new.
    pub fn was(&self) -> Option<usize> {
        self.key.parse().ok()
    }

    /// Whether one chooses among options.
    pub fn has_options(kind: FieldKind) -> bool {
        matches!(
            kind,
            FieldKind::OneOf | FieldKind::SeveralOf | FieldKind::Ranking
        ) || Self::may_have_options(kind)
    }

    /// Whether what is asked for is typed where there are no options.
    pub fn may_have_options(kind: FieldKind) -> bool {
        matches!(kind, FieldKind::SkillsWanted | FieldKind::SkillsOffered)
    }
}

/// The questions of a file.
pub fn of(fields: &[Field]) -> Vec<Block> {
    let block = |(at, field): (usize, &Field)| Block {
        key: at.to_string(),
        field: field.clone(),
    };
    fields.iter().enumerate().map(block).collect()
}

/// A question that is new. `beside`: those that are there.
pub fn new(kind: FieldKind, beside: &[Block]) -> Block {
    let numbers = beside
        .iter()
        .filter_map(|block| block.key.strip_prefix('n')?.parse::<usize>().ok());
    let number = numbers.max().unwrap_or(0) + 1;
    Block {
        key: format!("n{number}"),
        field: Field {
            name: String::new(),
            label: String::new(),
            role: Part::Both,
            kind,
            required: false,
            readers: vec![Reader::Coordinators, Reader::Reviewers],
            help: String::new(),
            options: Vec::new(),
        },
    }
}

/// What was sent, in order. `before`: the questions of the file that was seen, from which their names are taken.
///
/// # Errors
///
/// What no browser sends.
pub fn read(fields: &Fields, before: &[Field]) -> Result<Vec<Block>, Error> {
    let keys: Vec<&str> = fields.all("block").collect();
    if keys.len() > MOST {
        return Err(Error::bad_request(
            "block",
            "must be sent for at most 60 questions",
        ));
    }
    let mut blocks = Vec::new();
    for key in keys {
        let of = |what: &str| format!("{what}-{key}");
        let is_twice = blocks.iter().any(|block: &Block| block.key == key);
        // Each has one way to be written, so that none is there twice.
        let is_known = match key.strip_prefix('n') {
            Some(number) => number.parse::<u16>().is_ok_and(|n| n.to_string() == number),
            None => key
                .parse::<usize>()
                .is_ok_and(|at| at < before.len() && at.to_string() == key),
        };
        if is_twice || !is_known {
            return Err(Error::bad_request("block", "must name each question once"));
        }
        let word = |name: String, problem| Error::bad_request(&name, problem);
        let kind = FieldKind::parse(fields.one(&of("kind"))?)
            .ok_or_else(|| word(of("kind"), "must be a kind of question"))?;
        let role = Part::parse(fields.one(&of("role"))?)
            .ok_or_else(|| word(of("role"), "must be mentee, mentor or both"))?;
        let name = key.parse::<usize>().ok().and_then(|at| before.get(at));
        let readers = of("reader");
        let options = fields.one(&of("options"))?.lines().map(input::line);
        let options = options.filter(|option| !option.is_empty());
        // A control holds one line: what was several in the file, and is the same on one, was not changed.
        let line = |typed: &str, had: Option<&String>| match had {
            Some(had) if input::line(had) == input::line(typed) => had.clone(),
            _ => input::line(typed),
        };
        blocks.push(Block {
            key: key.to_owned(),
            field: Field {
                name: name.map(|field| field.name.clone()).unwrap_or_default(),
                label: line(fields.one(&of("label"))?, name.map(|field| &field.label)),
                role,
                kind,
                required: fields.is_ticked(&of("required")),
                readers: fields.all(&readers).filter_map(Reader::parse).collect(),
                help: line(fields.one(&of("help"))?, name.map(|field| &field.help)),
                options: match Block::has_options(kind) {
                    true => options.collect(),
                    // Nobody is shown them, and nobody has taken them away.
                    false => name.map_or_else(Vec::new, |field| field.options.clone()),
                },
            },
        });
    }
    Ok(blocks)
}

/// What is wrong with the questions, by the names of controls.
pub fn problems(blocks: &[Block]) -> Problems {
    let mut problems = Problems::default();
    for Block { key, field } in blocks {
        let mut wrong = |what: &str, problem: &str| problems.add(format!("{what}-{key}"), problem);
        if field.label.is_empty() {
            wrong("label", "is required");
        } else if field.label.chars().count() > 300 {
            wrong("label", "must be at most 300 characters long");
        }
        if field.help.chars().count() > 500 {
            wrong("help", "must be at most 500 characters long");
        }
        let mut options = field.options.clone();
        options.sort();
        options.dedup();
        let needs_options = Block::has_options(field.kind) && !Block::may_have_options(field.kind);
        if needs_options && field.options.len() < 2 {
            wrong("options", "must be at least two, each on its own line");
        } else if options.len() < field.options.len() {
            wrong("options", "must each be there once");
        } else if options.len() > 100 || options.iter().any(|one| one.chars().count() > 200) {
            wrong(
                "options",
                "must be at most 100, each at most 200 characters long",
            );
        }
        if field.readers.is_empty() {
            wrong("reader", "Choose who reads the answer");
        }
    }
    problems
}

/// The questions for the file: new ones get their names from their labels.
pub fn fields(blocks: &[Block]) -> Vec<(Option<usize>, Field)> {
    let mut taken: Vec<String> = blocks
        .iter()
        .map(|block| block.field.name.clone())
        .collect();
    let named = blocks.iter().map(|block| {
        let mut field = block.field.clone();
        if field.name.is_empty() {
            field.name = name_for(&field.label, &taken);
            taken.push(field.name.clone());
        }
        (block.was(), field)
    });
    named.collect()
}

/// Moves a question a place up or down, or takes it away.
pub fn change(blocks: &mut Vec<Block>, how: &str, key: &str) {
    let Some(at) = blocks.iter().position(|block| block.key == key) else {
        return;
    };
    match how {
        "up" if at > 0 => blocks.swap(at, at - 1),
        "down" if at + 1 < blocks.len() => blocks.swap(at, at + 1),
        "remove" => drop(blocks.remove(at)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &str) -> Vec<Block> {
        read(&Fields::parse(pairs).unwrap(), &[]).unwrap()
    }

    const TWO: &str = "block=n1&label-n1=One&kind-n1=one_of&role-n1=both&options-n1=a%0D%0A%0D%0Ab&help-n1=&reader-n1=coordinators\
        &block=n2&label-n2=&kind-n2=date&role-n2=mentor&options-n2=x&help-n2=";

    #[test]
    fn questions_are_read_moved_and_named() {
        let mut blocks = sent(TWO);
        assert_eq!(blocks[0].field.options, ["a", "b"]);
        assert!(blocks[1].field.options.is_empty(), "a date has no options");
        let wrong = problems(&blocks);
        let named: Vec<&str> = wrong.iter().map(|(field, _)| field).collect();
        assert_eq!(named, ["label-n2", "reader-n2"]);
        change(&mut blocks, "up", "n2");
        assert_eq!(blocks[0].key, "n2");
        change(&mut blocks, "up", "n2");
        change(&mut blocks, "remove", "n2");
        assert_eq!(fields(&blocks)[0].1.name, "one");
        assert_eq!(new(FieldKind::Date, &blocks).key, "n2");
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for odd in [
            "block=0&kind-0=date&role-0=both",
            "block=n1&kind-n1=x&role-n1=both",
            "block=x",
        ] {
            assert!(read(&Fields::parse(odd).unwrap(), &[]).is_err(), "{odd}");
        }
    }
}
