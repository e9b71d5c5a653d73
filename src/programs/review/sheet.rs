//! Applications as a table for spreadsheet programs.

use super::{rules::short, store::Row};
use crate::{
    error::Error,
    programs::{
        application::{CohortRole, Decision, attachment, form},
        file::{Field, FieldKind, ProgramFile},
    },
};

/// How many characters a cell of a workbook takes.
const LONGEST_CELL: usize = 32_000;

/// Which questions are in the table: those that the reader may read, of both roles, each once.
pub fn columns(file: &ProgramFile, may_read: impl Fn(&Field) -> bool) -> Vec<&Field> {
    let mut columns: Vec<&Field> = Vec::new();
    for role in CohortRole::ALL {
        for field in form::questions(file, *role) {
            let is_there = columns.iter().any(|known| known.name == field.name);
            if may_read(field) && !is_there {
                columns.push(field);
            }
        }
    }
    columns
}

/// The heads of the table.
pub fn heads(columns: &[&Field], is_blind: bool) -> Vec<String> {
    let fixed = match is_blind {
        true => &["applicant", "role"][..],
        false => &["applicant", "name", "email", "role"][..],
    };
    let fixed = fixed.iter().map(|head| (*head).to_owned());
    let rest = [
        "submitted_at",
        "decision",
        "place",
        "score",
        "reviews",
        "reviewer",
        "tags",
        "doubts",
    ];
    fixed
        .chain(rest.map(str::to_owned))
        .chain(columns.iter().map(|field| field.label.clone()))
        .collect()
}

/// A row of the table.
pub fn cells(row: &Row, columns: &[&Field], is_blind: bool) -> Vec<String> {
    let number = |number: Option<i32>| number.map_or_else(String::new, |n| n.to_string());
    let mut cells = vec![short(row.id)];
    if !is_blind {
        cells.extend([row.name.clone(), row.email.clone()]);
    }
    cells.extend([
        row.role.as_str().to_owned(),
        row.submitted_at.to_rfc3339(),
        row.decision.map_or("", Decision::as_str).to_owned(),
        number(row.place),
        number(row.score),
        row.reviews.to_string(),
        row.reviewer.clone().unwrap_or_default(),
        row.tags.0.join(", "),
        row.doubts.replace('\n', " "),
    ]);
    let answer = |field: &&Field| {
        let given = row.answers.of(&field.name);
        match attachment::named(given).filter(|_| field.kind == FieldKind::File) {
            Some(_) if is_blind => "(file)".to_owned(),
            Some((_, name)) => name.to_owned(),
            None => given.join("; "),
        }
    };
    cells.extend(columns.iter().map(answer));
    cells
}

/// The table as a workbook.
///
/// # Errors
///
/// Where it cannot be written; there may be more rows than a workbook takes.
pub fn workbook(rows: &[Vec<String>]) -> Result<Vec<u8>, Error> {
    let failed = |error: rust_xlsxwriter::XlsxError| Error::Internal(error.to_string());
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let bold = rust_xlsxwriter::Format::new().set_bold();
    for (number, row) in rows.iter().enumerate() {
        let number = u32::try_from(number).map_err(|e| Error::Internal(e.to_string()))?;
        for (column, cell) in row.iter().enumerate() {
            let column = u16::try_from(column).map_err(|e| Error::Internal(e.to_string()))?;
            let cell: String = cell.chars().take(LONGEST_CELL).collect();
            // Text, whatever it begins with: a formula would be one of an applicant's.
            match number {
                0 => sheet.write_string_with_format(number, column, cell, &bold),
                _ => sheet.write_string(number, column, cell),
            }
            .map_err(failed)?;
        }
    }
    sheet.set_freeze_panes(1, 0).map_err(failed)?;
    workbook.save_to_buffer().map_err(failed)
}
