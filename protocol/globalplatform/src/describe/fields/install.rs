//! INSTALL in all its forms, each by its own name.

use iso7816::{Aid, Command, tlv};

use super::{parsed, token};
use crate::{
    command::{Install, InstallPurpose},
    data::Privileges,
    describe::{Description, hex},
};

/// Tag of the system specific parameters.
const TAG_SYSTEM: u32 = 0xEF;
/// The data objects of the parameters field, and which of them are sizes [GPCS 2.3.1 §11.5.2.3.7].
const PARAMETERS: &[(u32, &str, bool)] = &[
    (0xB6, "control reference template", false),
    (0xC6, "memory for code", true),
    (0xC7, "volatile memory", true),
    (0xC8, "memory for data", true),
    (0xC9, "applet parameters", false),
    (0xCA, "TS 102 226 parameters", false),
    (0xCB, "global services", false),
    (0xCD, "load file data block format", false),
    (0xCF, "implicit selection", false),
    (0xD7, "reserved volatile memory", true),
    (0xD8, "reserved persistent memory", true),
    (0xD9, "restrictions", false),
    (0xDD, "load file data block parameters", false),
    (0xEA, "TS 102 226 template", false),
];

pub(in crate::describe) fn install(command: &Command, description: &mut Description) {
    let Some(typed) = parsed(Install::parse(command), description) else { return };
    let (form, clause) = form(&typed);
    description.name = format!("INSTALL [{form}]").into();
    description.clause = clause;
    purpose(&typed.purpose, description);
    parameters(&typed.parameters, description);
    token(&typed.token, description);
}

const fn form(typed: &Install) -> (&'static str, &'static str) {
    match (&typed.purpose, typed.combined) {
        (InstallPurpose::Load { .. }, true) => {
            ("for load, install and make selectable: begin", "GPCS 2.3.1 §11.5.2.3.1")
        }
        (InstallPurpose::Load { .. }, false) => ("for load", "GPCS 2.3.1 §11.5.2.3.1"),
        (InstallPurpose::Install { .. }, true) => {
            ("for load, install and make selectable: end", "GPCS 2.3.1 §11.5.2.3.2")
        }
        (InstallPurpose::Install { make_selectable: true, .. }, _) => {
            ("for install and make selectable", "GPCS 2.3.1 §11.5.2.3.2")
        }
        (InstallPurpose::Install { .. }, _) => ("for install", "GPCS 2.3.1 §11.5.2.3.2"),
        (InstallPurpose::MakeSelectable { .. }, _) => {
            ("for make selectable", "GPCS 2.3.1 §11.5.2.3.3")
        }
        (InstallPurpose::Extradition { .. }, _) => ("for extradition", "GPCS 2.3.1 §11.5.2.3.4"),
        (InstallPurpose::RegistryUpdate { .. }, _) => {
            ("for registry update", "GPCS 2.3.1 §11.5.2.3.5")
        }
        (InstallPurpose::Personalization { .. }, _) => {
            ("for personalization", "GPCS 2.3.1 §11.5.2.3.6")
        }
    }
}

fn purpose(purpose: &InstallPurpose, description: &mut Description) {
    let mut aid = |name, aid: Option<&Aid>| {
        if let Some(aid) = aid {
            description.push(name, aid.to_string());
        }
    };
    let privileges = match purpose {
        InstallPurpose::Load { load_file, security_domain, hash } => {
            aid("load file", Some(load_file));
            aid("security domain", security_domain.as_ref());
            if !hash.is_empty() {
                description.push("hash", hex(hash));
            }
            None
        }
        InstallPurpose::Install { load_file, module, instance, privileges, .. } => {
            aid("load file", load_file.as_ref());
            aid("module", module.as_ref());
            aid("instance", instance.as_ref());
            Some(*privileges)
        }
        InstallPurpose::MakeSelectable { instance, privileges } => {
            aid("instance", Some(instance));
            Some(*privileges)
        }
        InstallPurpose::Extradition { security_domain, application } => {
            aid("application", Some(application));
            aid("new security domain", Some(security_domain));
            None
        }
        InstallPurpose::Personalization { application } => {
            aid("application", Some(application));
            None
        }
        InstallPurpose::RegistryUpdate { security_domain, application, privileges } => {
            aid("application", application.as_ref());
            aid("new security domain", security_domain.as_ref());
            *privileges
        }
    };
    if let Some(privileges) = privileges {
        description.push("privileges", named(privileges));
    }
}

/// `9EFE80 security domain, card lock, …`
fn named(privileges: Privileges) -> String {
    format!("{} {privileges}", hex(&privileges.to_bytes()))
}

/// The data objects of the parameters field, those of the system parameters among them. What is malformed is shown as it is.
fn parameters(bytes: &[u8], description: &mut Description) {
    for object in tlv::parse(bytes) {
        let Ok(object) = object else {
            description.push("parameters", hex(bytes));
            return;
        };
        if object.tag.0 == TAG_SYSTEM {
            parameters(object.value, description);
            continue;
        }
        let known = PARAMETERS.iter().find(|(known, ..)| *known == object.tag.0);
        match (known, number(object.value)) {
            (Some((_, name, true)), Some(size)) => description.push(name, format!("{size} bytes")),
            (Some((_, name, _)), _) => description.push(name, hex(object.value)),
            (None, _) => {
                let value = format!("{:02X} {}", object.tag.0, hex(object.value));
                description.push("data object", value);
            }
        }
    }
}

/// A size of one to four bytes.
fn number(bytes: &[u8]) -> Option<u32> {
    let fits = (1..=4).contains(&bytes.len());
    fits.then(|| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}
