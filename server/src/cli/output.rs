//! What is printed: lines, tables, JSON.

use std::io::{Write as _, stdout};

use serde_json::Value;

use crate::error::ServerError;

/// One line on standard output, at once: others wait for it.
pub(super) fn line(text: &str) -> Result<(), ServerError> {
    let mut output = stdout().lock();
    writeln!(output, "{text}").and_then(|()| output.flush()).map_err(ServerError::Output)
}

/// A JSON document.
pub(super) fn json(value: &Value) -> Result<(), ServerError> {
    line(&format!("{value:#}"))
}

/// Rows in columns as wide as they must be.
pub(super) fn table<const N: usize>(
    heads: [&str; N],
    rows: &[[String; N]],
) -> Result<(), ServerError> {
    let heads = heads.map(str::to_owned);
    let mut widths = [0; N];
    for row in std::iter::once(&heads).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in std::iter::once(&heads).chain(rows) {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        line(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
