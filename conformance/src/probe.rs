//! What the subject can do, found out by read-only commands before the first case.

use anyhow::Context as _;
use iso7816::{Command, Response, StatusWord, tlv};
use reader::CardReader;
use serde::Serialize;

/// A thing that a case may need the subject to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// SELECT without data answers 9000: there is an issuer security domain to talk to.
    IssuerSecurityDomain,
    /// Card recognition data (tag 66) can be read.
    CardRecognitionData,
    /// Key information (tag E0) can be read.
    KeyInformation,
    /// Card capability information (tag 67) can be read.
    CardCapability,
    /// CPLC data (tag 9F7F) can be read.
    Cplc,
    /// The card offers T=0.
    ProtocolT0,
    /// The card offers T=1.
    ProtocolT1,
}

/// The capability profile of a subject.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// The ATR, in hexadecimal.
    pub atr: String,
    /// AID of the issuer security domain as its FCI tells it, in hexadecimal.
    pub issuer_security_domain: Option<String>,
    /// CPLC data in hexadecimal, where the card has it.
    pub cplc: Option<String>,
    /// What the card can do, sorted.
    pub capabilities: Vec<Capability>,
}

impl Profile {
    /// Whether the subject has the capability.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.capabilities.binary_search(&capability).is_ok()
    }

    /// Bytes of the issuer security domain's AID.
    #[must_use]
    pub fn issuer_security_domain(&self) -> Option<Vec<u8>> {
        self.issuer_security_domain.as_ref().and_then(|aid| hex::decode(aid).ok())
    }
}

/// Probes a connected subject; sends SELECT and GET DATA only.
///
/// # Errors
/// When the reader fails. A card that refuses everything has an empty profile.
pub fn probe(reader: &mut dyn CardReader) -> anyhow::Result<Profile> {
    let atr = reader.reset().context("no answer to reset")?;
    let select =
        reader.exchange(&Command::new(0, 0xA4, 4, 0).with_expected(256)).context("SELECT")?;
    let mut capabilities = Vec::new();
    if select.status.is_ok() || select.status == StatusWord::CARD_LOCKED {
        capabilities.push(Capability::IssuerSecurityDomain);
    }
    for protocol in atr.protocols() {
        match protocol {
            0 => capabilities.push(Capability::ProtocolT0),
            1 => capabilities.push(Capability::ProtocolT1),
            _ => {}
        }
    }
    let mut cplc = None;
    for (tag, capability) in [
        (0x66_u16, Capability::CardRecognitionData),
        (0xE0, Capability::KeyInformation),
        (0x67, Capability::CardCapability),
        (0x9F7F, Capability::Cplc),
    ] {
        let [p1, p2] = tag.to_be_bytes();
        let answer = reader
            .exchange(&Command::new(0x80, 0xCA, p1, p2).with_expected(256))
            .with_context(|| format!("GET DATA {tag:04X}"))?;
        if answer.status.is_ok() {
            capabilities.push(capability);
            if capability == Capability::Cplc {
                cplc = Some(hex::encode_upper(&answer.data));
            }
        }
    }
    capabilities.sort_unstable();
    capabilities.dedup();
    Ok(Profile {
        atr: hex::encode_upper(atr.as_bytes()),
        issuer_security_domain: aid_of(&select).map(hex::encode_upper),
        cplc,
        capabilities,
    })
}

/// The AID in an FCI template: tag 84 in tag 6F [GPCS 2.3.1 §11.9.3.1].
fn aid_of(select: &Response) -> Option<&[u8]> {
    let fci = tlv::find(&select.data, 0x6F).ok()??;
    tlv::find(fci, 0x84).ok()?
}
