//! A command in words: its name, the clause that defines it, its fields, and which of its bytes are nobody's business.
//!
//! [`describe`] is a pure function of the plain command, for traces, reports and error messages; it judges nothing, and what is malformed
//! is named all the same. [`describe_response`] does the same for the answers that have a structure. One table has all
//! commands that are known by name.

mod catalogue;
mod fields;
mod names;
mod response;

use core::ops::Range;
use std::borrow::Cow;

use iso7816::Command;

use self::catalogue::{Row, find};
pub use self::{
    names::{data_object_name, key_type_name, protocol_name, security_level_names},
    response::describe_response,
};

/// Who gets a command: the same bytes may be one thing to a security domain and another to an applet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// A security domain, or the card's own command dispatcher.
    SecurityDomain,
    /// An application: only what the card itself answers, and interindustry commands, have a known meaning.
    Application,
}

/// A field of a command or a response, ready to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is, e.g. `load file`.
    pub name: &'static str,
    /// Its value: a number in hex, a name, or both.
    pub value: String,
}

impl Field {
    pub(crate) fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into() }
    }
}

/// What a command is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its name, with its form: `INSTALL [for load]`.
    pub name: Cow<'static, str>,
    /// The clause that defines it: `GPCS 2.3.1 §11.5.2.3.1`.
    pub clause: &'static str,
    /// Its fields, in the order of the command.
    pub fields: Vec<Field>,
    /// Where its data field has what must not be shown: keys, encrypted values, PINs. Offsets in the data field, ascending.
    pub secrets: Vec<Range<usize>>,
}

impl Description {
    fn new(row: &Row) -> Self {
        let name = Cow::Borrowed(row.name);
        Self { name, clause: row.clause, fields: Vec::new(), secrets: Vec::new() }
    }

    pub(crate) fn push(&mut self, name: &'static str, value: impl Into<String>) {
        self.fields.push(Field::new(name, value));
    }

    pub(crate) fn hide_from(&mut self, start: usize, command: &Command) {
        if start < command.data.len() {
            self.secrets.push(start..command.data.len());
        }
    }
}

/// What a plain command is; `None` when nothing is known of its instruction.
///
/// Of a command that is still wrapped, or a segment of a chain, only the name is told; whatever may hold a secret is hidden then, too.
#[must_use]
pub fn describe(command: &Command, receiver: Receiver) -> Option<Description> {
    let row = find(command.header, receiver)?;
    let mut description = Description::new(row);
    let header = command.header;
    if header.secure_messaging() && !row.authenticates {
        description.push("secure messaging", format!("{} bytes, wrapped", command.data.len()));
        (row.hide)(command, &mut description);
    } else if row.chained && header.p1 & crate::command::MORE_SEGMENTS != 0 {
        description.push("segment", format!("{} bytes, more follow", command.data.len()));
        (row.hide)(command, &mut description);
    } else {
        (row.fields)(command, &mut description);
    }
    Some(description)
}

/// Bytes in hex, as fields show them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02X}");
    }
    text
}
