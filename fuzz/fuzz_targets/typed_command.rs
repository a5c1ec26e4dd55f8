//! GlobalPlatform's typed commands and data objects: what is read is written alike, and a token signs a piece of what came.
//!
//! The first byte chooses a parser; the others are a command APDU, or the object.
#![no_main]

use globalplatform::{
    command::{
        CardCommand, InstallParameters, LoadFile, SecurityDomainParameters, SystemParameters,
        token_data_of,
    },
    data::{
        Confirmation, RegistryEntry,
        dgi::{DataGrouping, StoredKey},
        key_information, parse_key_information,
    },
};
use iso7816::Command;
use libfuzzer_sys::fuzz_target;

fn command(input: &[u8]) {
    let Ok(command) = Command::parse(input) else { return };
    if let Ok(typed) = CardCommand::parse(&command) {
        let written = typed.to_command();
        assert_eq!(CardCommand::parse(&written).expect("a command"), typed);
        if let CardCommand::PutKey(put) = typed {
            let parts: usize = put.keys().map(|(_, parts)| parts.len()).sum();
            assert!(parts <= put.components.len());
        }
    }
    if let Ok(signed) = token_data_of(&command) {
        // P1, P2 and a length of one byte or three stand before the fields.
        let piece = |at| signed.get(at..).is_some_and(|fields| command.data.starts_with(fields));
        assert!(piece(3) || piece(5));
    }
}

fn install_parameters(input: &[u8]) {
    if let Ok(parameters) = InstallParameters::parse(input) {
        assert_eq!(InstallParameters::parse(&parameters.to_bytes()), Ok(parameters));
    }
    if let Ok(system) = SystemParameters::parse(input) {
        assert_eq!(SystemParameters::parse(&system.to_bytes()), Ok(system));
    }
    if let Ok(Some(domain)) = SecurityDomainParameters::parse(input) {
        assert_eq!(SecurityDomainParameters::parse(&domain.to_bytes()), Ok(Some(domain)));
    }
}

fn groupings(input: &[u8]) {
    let Ok(groupings) = DataGrouping::parse_all(input) else { return };
    let written = DataGrouping::write_all(&groupings);
    assert_eq!(DataGrouping::parse_all(&written).as_deref(), Ok(&groupings[..]));
    if let Ok(keys) = StoredKey::parse_all(&groupings) {
        assert_eq!(StoredKey::parse_all(&StoredKey::write_all(&keys)), Ok(keys));
    }
}

fn answers(input: &[u8]) {
    if let Ok(Some((receipt, confirmation))) = Confirmation::parse_response(input) {
        let written = confirmation.to_response(&receipt);
        assert_eq!(Confirmation::parse_response(&written), Ok(Some((receipt, confirmation))));
    }
    if let Ok(keys) = parse_key_information(input) {
        assert!(!key_information(&keys).is_empty());
    }
    if let Ok(entries) = RegistryEntry::parse_all(input) {
        for entry in entries {
            let again = RegistryEntry::parse_all(&entry.to_bytes(None));
            assert_eq!(again.as_deref(), Ok(core::slice::from_ref(&entry)));
        }
    }
    if let Ok(file) = LoadFile::parse(input) {
        assert_eq!(LoadFile::parse(&file.to_bytes()).as_ref(), Ok(&file));
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, rest)) = input.split_first() else { return };
    match choice % 4 {
        0 => command(rest),
        1 => install_parameters(rest),
        2 => groupings(rest),
        _ => answers(rest),
    }
});
