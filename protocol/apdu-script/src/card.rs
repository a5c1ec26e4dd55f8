//! What a script says of its card and its host.

use globalplatform::{
    key::{Key, KeySet},
    scp::Protocol,
};
use iso7816::Aid;

use crate::error::SyntaxErrorKind;

/// The test key that cards are customarily delivered with.
const TEST_KEY: &str = "404142434445464748494A4B4C4D4E4F";
/// Issuer security domain of GlobalPlatform [GPCS 2.3.1 §H.1.3].
const ISD: Aid = Aid::from_const(&[0xA0, 0, 0, 1, 0x51, 0, 0, 0]);

/// What the card must be: `card scp=02 i=15 version=01 keys=… isd=… memory=… life=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardSpec {
    /// Secure channel protocol of the issuer security domain's key set.
    pub protocol: Protocol,
    /// Version of this key set.
    pub key_version: u8,
    /// Its keys.
    pub keys: KeySet,
    /// AID of the issuer security domain.
    pub isd: Aid,
    /// Persistent memory, in bytes, where it matters.
    pub memory: Option<u32>,
    /// Life cycle state of the card.
    pub life_cycle: u8,
}

impl CardSpec {
    /// Reads the settings of a `card` line, e.g. `scp=03 i=70 version=30`.
    ///
    /// # Errors
    /// A setting that is missing, unknown, or that no card has.
    pub fn parse(settings: &str) -> Result<Self, SyntaxErrorKind> {
        let missing = SyntaxErrorKind::Missing;
        let (mut scp, mut option, mut keys) = (None, None, TEST_KEY.to_owned());
        let (mut key_version, mut isd, mut memory, mut life_cycle) = (1, ISD, None, 0x07);
        for setting in settings.split_whitespace() {
            let wrong = || SyntaxErrorKind::Unexpected(setting.to_owned());
            let (name, value) = setting.split_once('=').ok_or_else(wrong)?;
            let byte = || u8::from_str_radix(value, 16).map_err(|_| wrong());
            match name {
                "scp" => scp = Some(byte()?),
                "i" => option = Some(byte()?),
                "version" => key_version = byte()?,
                "life" => life_cycle = byte()?,
                "keys" => value.clone_into(&mut keys),
                "memory" => memory = Some(value.parse().map_err(|_| wrong())?),
                "isd" => {
                    let bytes = hex::decode(value).map_err(|_| wrong())?;
                    isd = Aid::new(&bytes).map_err(|_| wrong())?;
                }
                _ => return Err(wrong()),
            }
        }
        let (scp, option) = (scp.ok_or(missing("scp="))?, option.ok_or(missing("i="))?);
        let protocol = Protocol::new(scp, option).map_err(|_| SyntaxErrorKind::Keys)?;
        let keys = key_set(protocol, &keys.split(',').collect::<Vec<_>>())?;
        Ok(Self { protocol, key_version, keys, isd, memory, life_cycle })
    }
}

/// One key for all three or three keys, in hex, for this protocol.
pub(crate) fn key_set(protocol: Protocol, keys: &[&str]) -> Result<KeySet, SyntaxErrorKind> {
    let key = |digits: &&str| {
        let bytes = hex::decode(digits).map_err(|_| SyntaxErrorKind::Keys)?;
        let key = if protocol.id() == 3 {
            Key::aes(&bytes)
        } else {
            Key::new(globalplatform::KeyAlgorithm::Des3, &bytes)
        };
        key.map_err(|_| SyntaxErrorKind::Keys)
    };
    match keys.iter().map(key).collect::<Result<Vec<_>, _>>()?.as_slice() {
        [key] => Ok(KeySet::same(key)),
        [enc, mac, dek] => Ok(KeySet::new(enc.clone(), mac.clone(), dek.clone())),
        _ => Err(SyntaxErrorKind::Keys),
    }
}

/// Whose habits a secure channel has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostDialect {
    /// GlobalPlatformPro: Le = 00 on every command, EXTERNAL AUTHENTICATE too; nothing is encrypted where there is nothing.
    #[default]
    GpPro,
    /// gpshell: no Le on EXTERNAL AUTHENTICATE; an empty data field becomes one encrypted block under SCP01 and SCP02.
    GpShell,
    /// Dogtag's TPS: as gpshell, and no Le on INITIALIZE UPDATE.
    Tps,
}

impl HostDialect {
    pub(crate) fn parse(text: &str) -> Result<Self, SyntaxErrorKind> {
        match text {
            "gppro" => Ok(Self::GpPro),
            "gpshell" => Ok(Self::GpShell),
            "tps" => Ok(Self::Tps),
            _ => Err(SyntaxErrorKind::Unexpected(text.to_owned())),
        }
    }
}
