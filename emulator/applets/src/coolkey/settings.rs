//! The settings of an instance, and the install parameters they come from.

use ::coolkey::{
    Identities,
    report::{BuiltinAcl, IssuerInfo},
};
use card::Nvm;
use iso7816::StatusWord;
use serde::{Deserialize, Serialize};

const SETTINGS_KEY: &[u8] = b"settings";
const ISSUER_INFO_KEY: &[u8] = b"issuer";

/// Size of the object heap unless the installer wants another, in bytes.
const HEAP_SIZE: u16 = 5000;
/// Bit of the install mask that allows SET BUILTIN ACL.
const MASK_ACL_CHANGEABLE: u8 = 0x01;

/// What the installer wants: `u1 n, issuer, u1 n, u2 heap size, u1 n, mask`, cut short anywhere.
pub(super) struct InstallParameters {
    heap_size: u16,
    acl_changeable: bool,
    pub(super) issuer_info: IssuerInfo,
}

impl InstallParameters {
    /// Whatever is missing has its default; nothing is refused.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let (issuer, rest) = field(bytes);
        let (size, rest) = field(rest);
        let (mask, _) = field(rest);
        // The Java applet compares the size as a signed number.
        let heap_size = match *size {
            [high, low, ..] => u16::from_be_bytes([high, low]),
            _ => 0,
        };
        Self {
            heap_size: if (1..0x8000).contains(&heap_size) { heap_size } else { HEAP_SIZE },
            acl_changeable: mask.last().is_some_and(|mask| mask & MASK_ACL_CHANGEABLE != 0),
            issuer_info: padded(issuer).unwrap_or(IssuerInfo::EMPTY),
        }
    }
}

/// Bytes after their length, and what follows; nothing where there is less than the length says.
fn field(bytes: &[u8]) -> (&[u8], &[u8]) {
    let field = bytes.split_first().and_then(|(n, rest)| rest.split_at_checked(usize::from(*n)));
    field.unwrap_or_default()
}

fn padded(issuer: &[u8]) -> Option<IssuerInfo> {
    let mut bytes = [0; IssuerInfo::LENGTH];
    bytes.get_mut(..issuer.len())?.copy_from_slice(issuer);
    IssuerInfo::parse(&bytes).ok()
}

/// The settings record.
#[derive(Serialize, Deserialize)]
pub(super) struct Settings {
    /// Size of the object heap, in bytes.
    pub(super) heap_size: u16,
    /// Whether a PIN was ever made.
    pub(super) pin_enabled: bool,
    /// Whether users may write; set with the built-in ACL only.
    pub(super) writable: bool,
    builtin_acl: [u8; BuiltinAcl::LENGTH],
}

impl Settings {
    pub(super) fn new(parameters: &InstallParameters) -> Self {
        let acl = BuiltinAcl { changeable: parameters.acl_changeable, ..BuiltinAcl::DEFAULT };
        Self {
            heap_size: parameters.heap_size,
            pin_enabled: false,
            writable: false,
            builtin_acl: acl.to_bytes(),
        }
    }

    /// # Errors
    /// 6F00 when the record is not there or not one of this applet.
    pub(super) fn load(nvm: &Nvm<'_>) -> Result<Self, StatusWord> {
        let record = nvm.get(SETTINGS_KEY).ok_or(StatusWord::UNKNOWN)?;
        postcard::from_bytes(record).map_err(|_| StatusWord::UNKNOWN)
    }

    pub(super) fn store(&self, nvm: &mut Nvm<'_>) -> Result<(), StatusWord> {
        let record = postcard::to_allocvec(self).map_err(|_| StatusWord::UNKNOWN)?;
        nvm.put(SETTINGS_KEY, record)
    }

    /// Who may create what.
    pub(super) fn builtin_acl(&self) -> BuiltinAcl {
        let nobody = BuiltinAcl {
            create_object: Identities::NONE,
            create_key: Identities::NONE,
            create_pin: Identities::NONE,
            changeable: false,
        };
        BuiltinAcl::parse(&self.builtin_acl).unwrap_or(nobody)
    }

    pub(super) fn set_builtin_acl(&mut self, acl: BuiltinAcl) {
        self.builtin_acl = acl.to_bytes();
        self.writable = acl.writable();
    }
}

/// The issuer information.
pub(super) fn issuer_info(nvm: &Nvm<'_>) -> IssuerInfo {
    let stored = nvm.get(ISSUER_INFO_KEY).and_then(|record| IssuerInfo::parse(record).ok());
    stored.unwrap_or(IssuerInfo::EMPTY)
}

pub(super) fn store_issuer_info(nvm: &mut Nvm<'_>, info: &IssuerInfo) -> Result<(), StatusWord> {
    nvm.put(ISSUER_INFO_KEY, info.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tps_asks_for_memory_only() {
        let parameters = InstallParameters::parse(&[0x00, 0x02, 0x13, 0x88]);
        assert_eq!(parameters.heap_size, 5000);
        assert!(!parameters.acl_changeable);
    }

    #[test]
    fn parsing_stops_where_the_data_end() {
        assert_eq!(InstallParameters::parse(&[]).heap_size, HEAP_SIZE);
        assert_eq!(InstallParameters::parse(&[0, 2, 0x20]).heap_size, HEAP_SIZE);
        assert_eq!(InstallParameters::parse(&[0, 2, 0x80, 0]).heap_size, HEAP_SIZE);
        assert_eq!(InstallParameters::parse(&[0, 2, 0, 0]).heap_size, HEAP_SIZE);
    }

    #[test]
    fn issuer_and_mask_are_taken() {
        let parameters = InstallParameters::parse(b"\x03abc\x02\x20\x00\x01\x01");
        assert_eq!(parameters.issuer_info.url(), Some("abc"));
        assert_eq!(parameters.heap_size, 0x2000);
        assert!(parameters.acl_changeable);
    }
}
