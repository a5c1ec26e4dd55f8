//! Statements of the code text.

use super::AssembleError;

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    /// Defines a label.
    Label(String),
    /// A mnemonic with its operands.
    Instruction { mnemonic: String, operands: Vec<String> },
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// An exception handler: labels from, to and handler; the class, or `any`.
    Catch([String; 4]),
}

/// The statements of a text.
pub(crate) fn parse(place: &str, text: &str) -> Result<Vec<Statement>, AssembleError> {
    let mut statements = Vec::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        for piece in split(line) {
            statement(place, piece.trim(), &mut statements)?;
        }
    }
    Ok(statements)
}

/// The pieces of a line between semicolons, but not those of descriptors between parentheses.
fn split(line: &str) -> Vec<&str> {
    let mut depth = 0;
    line.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        character == ';' && depth == 0
    })
    .collect()
}

fn statement(
    place: &str,
    piece: &str,
    statements: &mut Vec<Statement>,
) -> Result<(), AssembleError> {
    let mut words = piece.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return Ok(()) };
    if let Some(label) = first.strip_suffix(':') {
        statements.push(Statement::Label(label.to_owned()));
        let rest = piece.get(first.len()..).unwrap_or_default();
        return statement(place, rest.trim(), statements);
    }
    let operands: Vec<String> = words.map(str::to_owned).collect();
    let wrong = || AssembleError::new(format!("{place}, `{piece}`"), "operands cannot be read");
    statements.push(match first {
        ".byte" => Statement::Bytes(numbers(&operands, 1).ok_or_else(wrong)?),
        ".short" => Statement::Bytes(numbers(&operands, 2).ok_or_else(wrong)?),
        ".catch" => Statement::Catch(operands.try_into().map_err(|_| wrong())?),
        mnemonic => Statement::Instruction { mnemonic: mnemonic.to_owned(), operands },
    });
    Ok(())
}

/// Numbers as big-endian values of `length` bytes.
fn numbers(words: &[String], length: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for word in words {
        let value = number(word)?.to_be_bytes();
        bytes.extend_from_slice(value.get(value.len().checked_sub(length)?..)?);
    }
    Some(bytes)
}

/// A decimal or hexadecimal number.
pub(crate) fn number(word: &str) -> Option<i64> {
    let (negative, digits) = match word.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, word),
    };
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => i64::from(u32::from_str_radix(digits, 16).ok()?),
        None => i64::from(digits.parse::<u32>().ok()?),
    };
    Some(if negative { -value } else { value })
}
