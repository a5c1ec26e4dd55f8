//! Commands and answers of a card in words: GlobalPlatform's and ISO's by [`globalplatform::describe`], the token applet's by its own
//! table; and their bytes with the secrets taken out.

use core::ops::Range;

use card::trace::Selection;
use coolkey::instruction::Instruction;
use globalplatform::describe::{Description, Receiver, describe, describe_response};
use iso7816::{Command, Response, StatusWord};

use super::line::{FieldLine, Message, Reply, Target};

/// What hides a byte.
const HIDDEN: &str = "**";
/// Instructions of the token applet whose data hold PINs or keys.
const SECRET: &[Instruction] = &[
    Instruction::SetPin,
    Instruction::CreatePin,
    Instruction::VerifyPin,
    Instruction::ChangePin,
    Instruction::ImportKeyEncrypted,
];
/// Instructions that applets use for PINs in classes of their own, as ISO does in its class: VERIFY, CHANGE REFERENCE DATA, RESET RETRY
/// COUNTER. Of an applet that nobody knows it is better to hide too much.
const PIN_INSTRUCTIONS: &[u8] = &[0x20, 0x21, 0x24, 0x25, 0x2C, 0x2D];

/// Whether this is the token applet, from ROM or loaded.
fn is_coolkey(selection: Option<Selection>) -> bool {
    let package = coolkey::PACKAGE_AID;
    matches!(selection, Some(Selection::Application(aid)) if aid.starts_with(package.as_bytes()))
}

/// A command in words, and where in its data the secrets are.
pub(super) struct Named {
    pub(super) name: Option<String>,
    pub(super) clause: Option<String>,
    pub(super) fields: Vec<FieldLine>,
    pub(super) secrets: Vec<Range<usize>>,
}

impl Named {
    pub(super) fn of(command: &Command, selection: Option<Selection>) -> Self {
        let receiver = match selection {
            Some(Selection::Application(_)) => Receiver::Application,
            _ => Receiver::SecurityDomain,
        };
        describe(command, receiver)
            .map(Self::described)
            .or_else(|| is_coolkey(selection).then(|| Self::of_coolkey(command)).flatten())
            .unwrap_or_else(|| Self::unknown(command))
    }

    fn described(description: Description) -> Self {
        Self {
            name: Some(description.name.into_owned()),
            clause: Some(description.clause.to_owned()),
            fields: description.fields.into_iter().map(FieldLine::from).collect(),
            secrets: description.secrets,
        }
    }

    fn of_coolkey(command: &Command) -> Option<Self> {
        let instruction = Instruction::from_ins(command.header.ins)?;
        let secret = SECRET.contains(&instruction);
        let mut named = Self::unknown(command);
        named.name = Some(instruction.name().to_owned());
        named.clause = Some("CoolKey applet".to_owned());
        if secret {
            named.hide_all(command);
        }
        Some(named)
    }

    /// An instruction that nobody knows.
    fn unknown(command: &Command) -> Self {
        let parameters = format!("{:04X}", command.header.p1p2());
        let fields = vec![FieldLine { name: "P1 P2", value: parameters }];
        let mut named = Self { name: None, clause: None, fields, secrets: Vec::new() };
        if PIN_INSTRUCTIONS.contains(&command.header.ins) {
            named.hide_all(command);
        }
        named
    }

    pub(super) fn hide_all(&mut self, command: &Command) {
        self.secrets.clear();
        self.secrets.push(0..command.data.len());
    }

    /// The message, with these bytes.
    pub(super) fn message(self, bytes: String) -> Message {
        Message { bytes, name: self.name, clause: self.clause, fields: self.fields }
    }
}

impl From<globalplatform::describe::Field> for FieldLine {
    fn from(field: globalplatform::describe::Field) -> Self {
        Self { name: field.name, value: field.value }
    }
}

/// The bytes of a command in hex, without the secrets in its data field.
pub(super) fn masked(bytes: &[u8], data_length: usize, secrets: &[Range<usize>]) -> String {
    use core::fmt::Write as _;
    // Lc has one byte, or three if the first is 00.
    let start = if bytes.get(4) == Some(&0) && data_length > 0 { 7 } else { 5 };
    let mut text = String::with_capacity(bytes.len() * 2);
    for (index, byte) in bytes.iter().enumerate() {
        let offset = index.checked_sub(start).filter(|offset| *offset < data_length);
        if offset.is_some_and(|offset| secrets.iter().any(|range| range.contains(&offset))) {
            text.push_str(HIDDEN);
        } else {
            let _ = write!(text, "{byte:02X}");
        }
    }
    text
}

/// An answer in words; `command` is the plain one, where that is known.
pub(super) fn reply(
    response: &Response,
    command: Option<&Command>,
    selection: Option<Selection>,
) -> Reply {
    // Applets have their own answers, but SELECT is always the card's to explain.
    let domains = !matches!(selection, Some(Selection::Application(_)));
    let explained = command.filter(|command| domains || matches!(command.header.ins, 0x50 | 0x70));
    let fields = explained.map(|command| describe_response(command, response)).unwrap_or_default();
    Reply {
        bytes: hex::encode_upper(response.to_bytes()),
        status: format!("{:04X}", response.status.0),
        meaning: meaning(response.status, selection),
        fields: fields.into_iter().map(FieldLine::from).collect(),
    }
}

/// What a status word means, to whoever answered.
fn meaning(status: StatusWord, selection: Option<Selection>) -> Option<String> {
    let own = is_coolkey(selection).then(|| coolkey::status::meaning(status)).flatten();
    if let Some(text) = own.or_else(|| status.meaning()) {
        return Some(text.to_owned());
    }
    match status.to_bytes() {
        [0x61, _] => Some(format!("{} more bytes wait", status.bytes_available()?)),
        [0x63, tries @ 0xC0..=0xCF] => Some(format!("{} tries left", tries & 0x0F)),
        [0x6C, length] => Some(format!("wrong Le, {length:02X} is right")),
        _ => None,
    }
}

/// What is selected on a channel.
pub(super) fn target(selection: Option<Selection>) -> Target {
    match selection {
        None => Target::Closed,
        Some(Selection::Domain(aid)) => Target::SecurityDomain(aid.to_string()),
        Some(Selection::Application(aid)) => Target::Application(aid.to_string()),
        Some(_) => Target::Nothing,
    }
}
