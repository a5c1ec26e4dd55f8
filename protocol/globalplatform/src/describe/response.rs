//! The answers that have a structure of their own.

use iso7816::{Command, Response, tlv};

use super::{
    Field, hex,
    names::{key_type_name, protocol_name},
};
use crate::{
    command::{GetStatus, StatusScope},
    data::{
        ApplicationState, CPLC_TAG, CardState, Cplc, FileControlInformation, RegistryEntry,
        parse_key_information,
    },
    scp::InitializeUpdateAnswer,
};

/// What a security domain answers to a plain command, in fields; none where the answer has no structure, or is none.
#[must_use]
pub fn describe_response(command: &Command, response: &Response) -> Vec<Field> {
    if response.data.is_empty() {
        return Vec::new();
    }
    let header = command.header;
    match (header.ins, header.p1p2()) {
        (0x50, _) => initialize_update(&response.data),
        (0x70, 0x0000) => vec![Field::new("channel", hex(&response.data))],
        (0xA4, _) => select(&response.data),
        (0xCA | 0xCB, 0x00E0) => key_information(&response.data),
        (0xCA | 0xCB, 0x9F7F) => cplc(&response.data),
        (0xD8, _) => put_key(&response.data),
        (0xF2, _) => GetStatus::parse(command)
            .map(|command| registry(&command, &response.data))
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn initialize_update(data: &[u8]) -> Vec<Field> {
    let Ok(answer) = InitializeUpdateAnswer::parse(data, 0) else { return Vec::new() };
    let protocol = match answer.protocol.id() {
        3 => protocol_name(3, answer.protocol.i()),
        // The others do not tell their option.
        id => format!("SCP{id:02X}"),
    };
    let mut fields = vec![
        Field::new("key diversification data", hex(&answer.kdd)),
        Field::new("key version", format!("{:02X}", answer.key_version)),
        Field::new("protocol", protocol),
    ];
    if let Some(counter) = answer.sequence_counter {
        fields.push(Field::new("sequence counter", counter.to_string()));
    }
    fields.push(Field::new("card challenge", hex(&answer.card_challenge)));
    fields.push(Field::new("card cryptogram", hex(answer.card_cryptogram.as_bytes())));
    fields
}

fn select(data: &[u8]) -> Vec<Field> {
    let Ok(fci) = FileControlInformation::parse(data) else { return Vec::new() };
    let aid = fci.aid.map(|aid| Field::new("AID", aid.to_string()));
    let length = fci.data_length_max.map(|max| Field::new("longest data field", max.to_string()));
    aid.into_iter().chain(length).collect()
}

fn key_information(data: &[u8]) -> Vec<Field> {
    let key = |key: &crate::data::KeyInformation| {
        let part = |part: &crate::data::KeyPart| {
            format!("{}, {} bytes", key_type_name(part.key_type), part.length)
        };
        let parts: Vec<String> = key.parts.iter().map(part).collect();
        let (version, id) = (key.key_version, key.key_index);
        Field::new("key", format!("version {version:02X} id {id:02X} {}", parts.join("; ")))
    };
    parse_key_information(data).map(|keys| keys.iter().map(key).collect()).unwrap_or_default()
}

/// What names the chip; the rest are dates of its making.
fn cplc(data: &[u8]) -> Vec<Field> {
    let value = tlv::find(data, CPLC_TAG).ok().flatten().unwrap_or(data);
    let Ok(cplc) = Cplc::parse(value) else { return Vec::new() };
    vec![
        Field::new("fabricator", hex(&cplc.ic_fabricator)),
        Field::new("type", hex(&cplc.ic_type)),
        Field::new("batch", hex(&cplc.ic_batch)),
        Field::new("serial number", hex(&cplc.ic_serial)),
    ]
}

fn put_key(data: &[u8]) -> Vec<Field> {
    let Some((version, values)) = data.split_first() else { return Vec::new() };
    let mut fields = vec![Field::new("key version", format!("{version:02X}"))];
    fields.extend(values.chunks(3).map(|value| Field::new("check value", hex(value))));
    fields
}

fn registry(command: &GetStatus, data: &[u8]) -> Vec<Field> {
    let modules = command.scope == StatusScope::LoadFilesAndModules;
    let entries = if command.tlv {
        RegistryEntry::parse_all(data)
    } else {
        RegistryEntry::parse_legacy(data, modules)
    };
    let entry = |entry: &RegistryEntry| Field::new("entry", registry_entry(command.scope, entry));
    entries.map(|entries| entries.iter().map(entry).collect()).unwrap_or_default()
}

fn registry_entry(scope: StatusScope, entry: &RegistryEntry) -> String {
    let aid = entry.aid.map_or_else(|| "no AID".to_owned(), |aid| aid.to_string());
    let state = match scope {
        StatusScope::IssuerSecurityDomain => {
            CardState::from_byte(entry.life_cycle).map_or("unknown", CardState::name).to_owned()
        }
        StatusScope::LoadFiles | StatusScope::LoadFilesAndModules => "LOADED".to_owned(),
        _ => ApplicationState(entry.life_cycle).to_string(),
    };
    let mut text = format!("{aid} {state}");
    if let Some(privileges) = entry.privileges.filter(|privileges| !privileges.is_empty()) {
        text = format!("{text}, {privileges}");
    }
    let modules: Vec<String> = entry.modules.iter().map(ToString::to_string).collect();
    if modules.is_empty() { text } else { format!("{text}, modules {}", modules.join(" ")) }
}
