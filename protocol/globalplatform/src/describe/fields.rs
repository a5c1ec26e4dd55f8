//! The fields of each command, from its typed form; where it has none, from its parameters.

mod install;

use iso7816::Command;

pub(super) use self::install::install;
use super::{
    Description, hex,
    names::{data_object_name, is_public, key_type_name, security_level_names},
};
use crate::{
    command::{
        BeginRmacSession, CommandError, Delete, DeleteTarget, EndRmacSession, ExternalAuthenticate,
        GetData, GetStatus, InitializeUpdate, Load, PutKey, Select, SetStatus, StatusScope,
        StoreData, StoreDataEncryption, StoreDataFormat,
    },
    data::{ApplicationState, CardState},
    scp::SecurityLevel,
};

/// P1 of EXTERNAL AUTHENTICATE is followed by the host cryptogram of 8 or 16 bytes and a C-MAC of the same length.
const CRYPTOGRAM_SHARE: usize = 2;
/// Blocks of DES, of which those of AES are a multiple, in bytes.
const CIPHER_BLOCK: usize = 8;
/// Data groupings whose values are encrypted by convention: keys, PINs [GPCS 2.3.1 §11.11.2.3].
const SECRET_GROUPINGS: core::ops::RangeInclusive<u8> = 0x80..=0x8F;

pub(super) fn nothing(_: &Command, _: &mut Description) {}

/// P1, P2 and the data as they are.
pub(super) fn parameters(command: &Command, description: &mut Description) {
    description.push("P1 P2", format!("{:04X}", command.header.p1p2()));
    if !command.data.is_empty() {
        description.push("data", hex(&command.data));
    }
}

/// P1 and P2; the data are not shown.
pub(super) fn secret(command: &Command, description: &mut Description) {
    description.push("P1 P2", format!("{:04X}", command.header.p1p2()));
    if !command.data.is_empty() {
        description.push("data", format!("{} bytes", command.data.len()));
    }
    all_secret(command, description);
}

pub(super) fn all_secret(command: &Command, description: &mut Description) {
    description.hide_from(0, command);
}

/// Takes the typed form, or says what is wrong with the bytes.
fn parsed<T>(result: Result<T, CommandError>, description: &mut Description) -> Option<T> {
    result.map_err(|error| description.push("refused", error.to_string())).ok()
}

pub(super) fn select(command: &Command, description: &mut Description) {
    let name = if command.data.is_empty() { "none".to_owned() } else { hex(&command.data) };
    description.push("name", name);
    // The occurrence is in the two low bits; the others ask for more or less of an answer.
    let occurrence = match command.header.p2 & 0x03 {
        0 => "first or only",
        1 => "last",
        2 => "next",
        _ => "previous",
    };
    description.push("occurrence", occurrence);
    if parsed(Select::parse(command), description).is_none() {
        description.push("P1 P2", format!("{:04X}", command.header.p1p2()));
    }
}

pub(super) fn manage_channel(command: &Command, description: &mut Description) {
    let header = command.header;
    match (header.p1, header.p2) {
        (0x00, 0) => description.push("open", "the next free channel"),
        (0x00, number) => description.push("open", format!("channel {number}")),
        (0x80, number) => description.push("close", format!("channel {number}")),
        _ => parameters(command, description),
    }
}

pub(super) fn initialize_update(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(InitializeUpdate::parse(command), description) else { return };
    let version = match typed.key_version {
        0 => "00 (the card's default)".to_owned(),
        version => format!("{version:02X}"),
    };
    description.push("key version", version);
    if typed.key_index != 0 {
        description.push("key index", format!("{:02X}", typed.key_index));
    }
    description.push("host challenge", hex(&typed.host_challenge));
}

pub(super) fn external_authenticate(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(ExternalAuthenticate::parse(command), description) else { return };
    let level = SecurityLevel::from_bits_retain(typed.security_level);
    let value = format!("{:02X} ({})", typed.security_level, security_level_names(level));
    description.push("security level", value);
    let (cryptogram, mac) = typed.data.split_at(typed.data.len() / CRYPTOGRAM_SHARE);
    description.push("host cryptogram", hex(cryptogram));
    description.push("C-MAC", hex(mac));
}

pub(super) fn begin_rmac(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(BeginRmacSession::parse(command), description) else { return };
    let level = SecurityLevel::from_bits_retain(typed.level);
    description.push("level", format!("{:02X} ({})", typed.level, security_level_names(level)));
    description.push("data", hex(&typed.data));
}

pub(super) fn end_rmac(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(EndRmacSession::parse(command), description) else { return };
    description.push("session", if typed.ends { "ends" } else { "goes on" });
}

pub(super) fn get_data(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(GetData::parse(command), description) else { return };
    let tag = u32::from(typed.tag);
    let digits = if tag > 0xFF { format!("{tag:04X}") } else { format!("{tag:02X}") };
    let name = data_object_name(tag).map_or(digits.clone(), |name| format!("{digits} {name}"));
    description.push("object", name);
    if !typed.data.is_empty() {
        description.push("data", hex(&typed.data));
    }
}

pub(super) fn put_key(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(PutKey::parse(command), description) else {
        all_secret(command, description);
        return;
    };
    let replaces = typed.replaces.map_or("none, adds".to_owned(), |old| format!("{old:02X}"));
    description.push("replaces version", replaces);
    description.push("new version", format!("{:02X}", typed.new_version));
    let mut id = typed.key_index;
    for component in &typed.components {
        let name = key_type_name(component.key_type);
        let check = match component.check_value.as_slice() {
            [] => String::new(),
            value => format!(", check value {}", hex(value)),
        };
        let length = key_length(&component.block, component.key_type);
        description.push("key", format!("id {id:02X} {name}, {length} bytes{check}"));
        id = if component.continued { id } else { id.wrapping_add(1) };
    }
    if typed.components.iter().any(|component| !is_public(component.key_type)) {
        // The version stands before the keys.
        description.hide_from(1, command);
    }
}

/// Length of the key in a block: what stands before a ciphertext that it does not fill, else all of it [GPCS 2.3.1 §11.8.2.3.1].
fn key_length(block: &[u8], key_type: u8) -> usize {
    match block.split_first() {
        Some((length, rest))
            if !is_public(key_type)
                && !block.len().is_multiple_of(CIPHER_BLOCK)
                && usize::from(*length) <= rest.len() =>
        {
            usize::from(*length)
        }
        _ => block.len(),
    }
}

pub(super) fn store_data(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(StoreData::parse(command), description) else {
        all_secret(command, description);
        return;
    };
    let last = if typed.last { ", last" } else { "" };
    description.push("block", format!("{:02X}{last}", typed.block));
    description.push(
        "values",
        match typed.encryption {
            StoreDataEncryption::None => "not encrypted",
            StoreDataEncryption::ApplicationDependent => "encrypted as the application has it",
            StoreDataEncryption::Encrypted => "encrypted",
        },
    );
    let tag = typed.data.split_first_chunk::<2>().map(|(tag, _)| hex(tag));
    match (typed.format, tag) {
        (StoreDataFormat::Dgi, Some(tag)) if typed.block == 0 => {
            description.push("format", format!("data groupings, the first is {tag}"));
        }
        (StoreDataFormat::Dgi, _) => description.push("format", "data groupings"),
        (StoreDataFormat::BerTlv, _) => objects(&typed, description),
        (StoreDataFormat::Unspecified, _) => description.push("format", "unspecified"),
    }
    description.push("data", format!("{} bytes", typed.data.len()));
    hide_stored(command, description);
}

/// The data objects of a STORE DATA by name; one that goes on in the next block is no whole one.
fn objects(typed: &StoreData, description: &mut Description) {
    description.push("format", "BER-TLV");
    for object in iso7816::tlv::parse(&typed.data).flatten() {
        let tag = object.tag.0;
        let name = data_object_name(tag).unwrap_or("data object");
        description.push("object", format!("{tag:02X} {name}, {} bytes", object.value.len()));
    }
}

/// Hides what STORE DATA brings, unless it says that nothing of it is encrypted and it is no key or PIN.
pub(super) fn hide_stored(command: &Command, description: &mut Description) {
    let open = StoreData::parse(command).is_ok_and(|typed| {
        let secret = |first: &u8| SECRET_GROUPINGS.contains(first);
        let grouping = typed.format == StoreDataFormat::Dgi;
        // Only the first block begins with a tag; what continues a grouping may be anything.
        let hidden = grouping && (typed.block != 0 || typed.data.first().is_some_and(secret));
        typed.encryption == StoreDataEncryption::None && !hidden
    });
    if !open {
        all_secret(command, description);
    }
}

pub(super) fn delete(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(Delete::parse(command), description) else { return };
    for target in &typed.targets {
        let optional =
            |byte: Option<u8>| byte.map_or("any".to_owned(), |byte| format!("{byte:02X}"));
        match target {
            DeleteTarget::Object(aid) => description.push("object", aid.to_string()),
            DeleteTarget::Key { key_index, key_version } => {
                let (id, version) = (optional(*key_index), optional(*key_version));
                description.push("key", format!("id {id}, version {version}"));
            }
        }
    }
    description.push("related objects", if typed.related { "deleted, too" } else { "stay" });
    token(&typed.token, description);
}

/// The token of delegated management, where there is one.
fn token(token: &[u8], description: &mut Description) {
    if !token.is_empty() {
        description.push("token", hex(token));
    }
}

pub(super) fn load(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(Load::parse(command), description) else { return };
    let last = if typed.last { ", last" } else { "" };
    description.push("block", format!("{:02X}{last}, {} bytes", typed.block, typed.data.len()));
}

const fn scope_name(scope: StatusScope) -> &'static str {
    match scope {
        StatusScope::IssuerSecurityDomain => "issuer security domain",
        StatusScope::Applications => "applications and security domains",
        StatusScope::LoadFiles => "load files",
        StatusScope::LoadFilesAndModules => "load files and modules",
        StatusScope::SecurityDomainAndApplications => "security domain and its applications",
    }
}

pub(super) fn set_status(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(SetStatus::parse(command), description) else { return };
    let card = typed.scope == StatusScope::IssuerSecurityDomain;
    description.push("of", if card { "card" } else { scope_name(typed.scope) });
    if let Some(aid) = typed.aid {
        description.push("AID", aid.to_string());
    }
    let name = if card {
        CardState::from_byte(typed.state).map_or("unknown", CardState::name).to_owned()
    } else {
        ApplicationState(typed.state).to_string()
    };
    description.push("state", format!("{:02X} {name}", typed.state));
}

pub(super) fn get_status(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(GetStatus::parse(command), description) else { return };
    description.push("of", scope_name(typed.scope));
    description.push("occurrence", if typed.next { "next" } else { "first or all" });
    description.push("format", if typed.tlv { "data objects" } else { "table" });
    if !typed.name.is_empty() {
        description.push("AID begins with", hex(&typed.name));
    }
    if let Some(tags) = &typed.tags {
        description.push("tags", hex(tags));
    }
}
