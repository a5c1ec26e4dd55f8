//! Bytes with lengths, names and ciphertexts in them.

use std::collections::BTreeMap;

use iso7816::tlv::push_length;

use crate::{NESTING_MAX, VALUE_LENGTH_MAX, error::SyntaxErrorKind};

/// Constants by name.
pub(crate) type Constants = BTreeMap<String, Vec<u8>>;
/// Encrypts under the data encryption key of the open channel.
pub(crate) type Seal<'a> = &'a dyn Fn(&[u8]) -> Result<Vec<u8>, SyntaxErrorKind>;

/// What a group becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// `(…)`: length and bytes.
    Measured,
    /// `<…>`: encrypted.
    Sealed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Bytes(Vec<u8>),
    Group(Group, Vec<Term>),
}

/// Bytes as a script writes them. Constants are resolved when it is read, ciphertexts when it is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression(Vec<Term>);

impl Expression {
    /// Reads `text`; `constants` are those of the lines before.
    pub(crate) fn parse(text: &str, constants: &Constants) -> Result<Self, SyntaxErrorKind> {
        let mut reader = Reader { rest: text, constants };
        let terms = reader.terms(None, 0)?;
        Ok(Self(terms))
    }

    /// The value, with ciphertexts by `seal`.
    pub(crate) fn value(&self, seal: Seal<'_>) -> Result<Vec<u8>, SyntaxErrorKind> {
        let mut value = Vec::new();
        evaluate(&self.0, seal, &mut value)?;
        Ok(value)
    }

    /// Splits a command: four bytes of header, data in brackets, Le after them.
    pub(crate) fn command_parts(&self) -> Option<([u8; 4], Self, &[u8])> {
        let nothing = || Self(Vec::new());
        match self.0.as_slice() {
            [Term::Bytes(bytes)] => {
                let (header, le) = bytes.split_first_chunk()?;
                (le.len() < 2).then(|| (*header, nothing(), le))
            }
            [Term::Bytes(header), Term::Group(Group::Measured, data), after @ ..] => {
                let le = match after {
                    [] => &[],
                    [Term::Bytes(le)] if le.len() == 1 => le.as_slice(),
                    _ => return None,
                };
                Some((header.as_slice().try_into().ok()?, Self(data.clone()), le))
            }
            _ => None,
        }
    }
}

fn evaluate(terms: &[Term], seal: Seal<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxErrorKind> {
    for term in terms {
        match term {
            Term::Bytes(bytes) => out.extend_from_slice(bytes),
            Term::Group(group, inner) => {
                let mut value = Vec::new();
                evaluate(inner, seal, &mut value)?;
                match group {
                    Group::Measured => push_length(out, value.len()),
                    Group::Sealed => value = seal(&value)?,
                }
                out.append(&mut value);
            }
        }
        if out.len() > VALUE_LENGTH_MAX {
            return Err(SyntaxErrorKind::TooMuch("bytes of a value"));
        }
    }
    Ok(())
}

struct Reader<'a> {
    rest: &'a str,
    constants: &'a Constants,
}

impl Reader<'_> {
    /// Terms up to the closing bracket, or to the end where there is none to come.
    fn terms(&mut self, closing: Option<char>, depth: usize) -> Result<Vec<Term>, SyntaxErrorKind> {
        if depth > NESTING_MAX {
            return Err(SyntaxErrorKind::TooMuch("brackets inside each other"));
        }
        let mut terms = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            let Some(first) = self.rest.chars().next() else {
                return if closing.is_none() { Ok(terms) } else { Err(SyntaxErrorKind::Bracket) };
            };
            match first {
                '(' | '<' => {
                    self.skip(1);
                    let (group, end) =
                        if first == '(' { (Group::Measured, ')') } else { (Group::Sealed, '>') };
                    terms.push(Term::Group(group, self.terms(Some(end), depth + 1)?));
                }
                ')' | '>' if closing == Some(first) => {
                    self.skip(1);
                    return Ok(terms);
                }
                ')' | '>' => return Err(SyntaxErrorKind::Bracket),
                '$' => append(&mut terms, self.constant()?)?,
                _ => append(&mut terms, self.hex()?)?,
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Takes what is made of these characters.
    fn word(&mut self, of: impl Fn(char) -> bool) -> &str {
        let end = self.rest.find(|c| !of(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn hex(&mut self) -> Result<Vec<u8>, SyntaxErrorKind> {
        let word = self.word(|c| !c.is_whitespace() && !"()<>$".contains(c));
        hex::decode(word).map_err(|_| SyntaxErrorKind::Unexpected(word.to_owned()))
    }

    /// `$name` or `$name[from:to]`.
    fn constant(&mut self) -> Result<Vec<u8>, SyntaxErrorKind> {
        self.skip(1);
        let name = self.word(is_name).to_owned();
        let constants = self.constants;
        let value = constants.get(&name).ok_or(SyntaxErrorKind::UnknownName(name))?;
        if !self.rest.starts_with('[') {
            return Ok(value.clone());
        }
        self.skip(1);
        let range = self.word(|c| c != ']').to_owned();
        self.skip(1);
        part(value, &range).map(<[u8]>::to_vec)
    }
}

/// Whether a name may have this character.
pub(crate) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn part<'a>(value: &'a [u8], range: &str) -> Result<&'a [u8], SyntaxErrorKind> {
    let wrong = || SyntaxErrorKind::Unexpected(range.to_owned());
    let (from, to) = range.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str, default| {
        if text.is_empty() { Ok(default) } else { text.parse().map_err(|_| wrong()) }
    };
    let (from, to): (usize, usize) = (number(from, 0)?, number(to, value.len())?);
    value.get(from..to).ok_or(SyntaxErrorKind::Range(from, to))
}

/// Neighbouring bytes are one term.
fn append(terms: &mut Vec<Term>, mut bytes: Vec<u8>) -> Result<(), SyntaxErrorKind> {
    if let Some(Term::Bytes(last)) = terms.last_mut() {
        last.append(&mut bytes);
        if last.len() > VALUE_LENGTH_MAX {
            return Err(SyntaxErrorKind::TooMuch("bytes of a value"));
        }
    } else {
        terms.push(Term::Bytes(bytes));
    }
    Ok(())
}
