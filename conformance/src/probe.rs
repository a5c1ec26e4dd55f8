//! What the subject can do, found out before the first case: by read-only commands, and, where keys are known, by one secure channel.

use globalplatform::data::CardRecognitionData;
use iso7816::{Command, Response, StatusWord, tlv};
use serde::{Deserialize, Serialize};

use crate::{session::Session, verdict::Stop};

/// One table: a capability and what it means.
macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// A thing that a case may need the subject to have.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Capability { $($(#[$doc])* $name,)* }

        impl Capability {
            /// All capabilities.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in reports, selections and declarations.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

capabilities! {
    /// SELECT without data answers 9000: there is an issuer security domain to talk to.
    IssuerSecurityDomain = "issuer-security-domain";
    /// Card recognition data (tag 66) can be read.
    CardRecognitionData = "card-recognition-data";
    /// Key information (tag E0) can be read.
    KeyInformation = "key-information";
    /// Card capability information (tag 67) can be read.
    CardCapability = "card-capability";
    /// CPLC data (tag 9F7F) can be read.
    Cplc = "cplc";
    /// The card offers T=0.
    ProtocolT0 = "protocol-t0";
    /// The card offers T=1.
    ProtocolT1 = "protocol-t1";
    /// MANAGE CHANNEL opens a further logical channel.
    LogicalChannels = "logical-channels";
    /// Keys of the issuer security domain are known, and the card has proved to have them.
    Keys = "keys";
    /// These keys are for SCP01.
    Scp01 = "scp01";
    /// These keys are for SCP02.
    Scp02 = "scp02";
    /// These keys are for SCP03.
    Scp03 = "scp03";
    /// Their protocol's option offers R-MAC.
    RMac = "r-mac";
    /// Their protocol's option offers R-ENCRYPTION.
    REncryption = "r-encryption";
    /// Their protocol's option derives the card challenge from a sequence counter.
    PseudoRandomChallenge = "pseudo-random-challenge";
    /// Their protocol is SCP03 with 16-byte challenges and MACs.
    S16 = "s16";
    /// The subject is a virtual card in this process: its power can be cut and its counters set.
    Laboratory = "laboratory";
}

/// The capability profile of a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The ATR, in hexadecimal.
    pub atr: String,
    /// AID of the issuer security domain as its FCI tells it, in hexadecimal.
    pub issuer_security_domain: Option<String>,
    /// CPLC data in hexadecimal, where the card has it.
    pub cplc: Option<String>,
    /// What tells this card from all others, in hexadecimal: fabricator, type, batch and serial number of its CPLC, or else its card
    /// image number (tag 45).
    pub serial: Option<String>,
    /// Secure channel protocols and options that the card recognition data name.
    pub secure_channels: Vec<(u8, u32)>,
    /// Version of the key set that the issuer security domain used, where keys are known.
    pub key_version: Option<u8>,
    /// What the card can do, sorted.
    pub capabilities: Vec<Capability>,
}

/// Options of SCP02 and SCP01 when the card does not tell: what most cards have.
const SCP02_CUSTOMARY: u8 = 0x15;

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

    /// The option of SCP01 or SCP02 as the card recognition data tell it. The two do not meet on one card, as a rule; the first counts.
    #[must_use]
    pub fn option_of_des_channel(&self) -> u8 {
        let named = self.secure_channels.iter().find(|(id, _)| matches!(id, 1 | 2));
        named.and_then(|(_, option)| u8::try_from(*option).ok()).unwrap_or(0)
    }

    /// Whether the card's SCP03 wants challenges of 16 bytes, as far as its recognition data tell.
    #[must_use]
    pub fn s16(&self) -> bool {
        self.secure_channels.iter().any(|(id, option)| *id == 3 && option & 1 != 0)
            || self.has(Capability::S16)
    }

    fn add(&mut self, capability: Capability) {
        if let Err(at) = self.capabilities.binary_search(&capability) {
            self.capabilities.insert(at, capability);
        }
    }
}

/// Probes a subject by SELECT, GET DATA and MANAGE CHANNEL only.
///
/// # Errors
/// `Lost`, when there is no card. A card that refuses everything has an empty profile.
pub fn read_only(session: &mut Session<'_>) -> Result<Profile, Stop> {
    let mut profile = Profile::default();
    let atr = session.reset()?;
    profile.atr = hex::encode_upper(atr.as_bytes());
    for protocol in atr.protocols() {
        match protocol {
            0 => profile.add(Capability::ProtocolT0),
            1 => profile.add(Capability::ProtocolT1),
            _ => {}
        }
    }
    let select = session.select_issuer_security_domain()?;
    if select.status.is_ok() || select.status == StatusWord::CARD_LOCKED {
        profile.add(Capability::IssuerSecurityDomain);
    }
    profile.issuer_security_domain = aid_of(&select).map(hex::encode_upper);
    for (tag, capability) in [
        (0x66_u16, Capability::CardRecognitionData),
        (0xE0, Capability::KeyInformation),
        (0x67, Capability::CardCapability),
        (0x9F7F, Capability::Cplc),
    ] {
        let answer = session.get_data(tag)?;
        if answer.status.is_ok() {
            profile.add(capability);
            take(&mut profile, capability, &answer.data);
        }
    }
    if profile.serial.is_none() {
        profile.serial = card_image_number(session)?;
    }
    logical_channels(session, &mut profile)?;
    if session.laboratory().is_ok() {
        profile.add(Capability::Laboratory);
    }
    Ok(profile)
}

fn take(profile: &mut Profile, capability: Capability, data: &[u8]) {
    match capability {
        Capability::Cplc => {
            profile.cplc = Some(hex::encode_upper(data));
            profile.serial = globalplatform::data::Cplc::parse(data)
                .ok()
                .map(|cplc| hex::encode_upper(cplc.cuid()));
        }
        Capability::CardRecognitionData => {
            if let Ok(recognition) = CardRecognitionData::parse(data) {
                profile.secure_channels = recognition.channels;
            }
        }
        _ => {}
    }
}

fn card_image_number(session: &mut Session<'_>) -> Result<Option<String>, Stop> {
    let answer = session.get_data(0x45)?;
    let value = tlv::find(&answer.data, 0x45).ok().flatten().unwrap_or(&answer.data);
    Ok((answer.status.is_ok() && !value.is_empty()).then(|| hex::encode_upper(value)))
}

fn logical_channels(session: &mut Session<'_>, profile: &mut Profile) -> Result<(), Stop> {
    let open = session.exchange(&Command::new(0x00, 0x70, 0x00, 0x00).with_expected(1))?;
    if let (true, Some(number)) = (open.status.is_ok(), open.data.first()) {
        profile.add(Capability::LogicalChannels);
        session.exchange(&Command::new(0x00, 0x70, 0x80, *number))?;
    }
    Ok(())
}

/// Adds what one secure channel with the issuer security domain shows. The session's profile must be the one that [`read_only`] made.
///
/// # Errors
/// `Abort`, when the keys are not the card's: nothing more should be tried with them.
pub fn with_keys(session: &mut Session<'_>, mut profile: Profile) -> Result<Profile, Stop> {
    session.reset()?;
    let Ok(keys) = session.keys() else { return Ok(profile) };
    session.select_issuer_security_domain()?;
    let authenticating = session.initialize_update(keys.version, 0)?;
    let (protocol, version) =
        (authenticating.answer().protocol, authenticating.answer().key_version);
    session.open_mac()?;
    profile.key_version = Some(version);
    let offered = [
        (true, Capability::Keys),
        (protocol.id() == 1, Capability::Scp01),
        (protocol.id() == 2, Capability::Scp02),
        (protocol.id() == 3, Capability::Scp03),
        (protocol.supports_rmac(), Capability::RMac),
        (protocol.supports_rencryption(), Capability::REncryption),
        (protocol.pseudo_random_challenge(), Capability::PseudoRandomChallenge),
        (protocol.mac_length() == 16, Capability::S16),
    ];
    offered.iter().filter(|(is, _)| *is).for_each(|(_, capability)| profile.add(*capability));
    if protocol.id() != 3 && profile.option_of_des_channel() == 0 {
        let option = if protocol.id() == 2 { SCP02_CUSTOMARY } else { protocol.i() };
        profile.secure_channels.push((protocol.id(), u32::from(option)));
    }
    Ok(profile)
}

/// The AID in an FCI template: tag 84 in tag 6F [GPCS 2.3.1 §11.9.3.1].
fn aid_of(select: &Response) -> Option<&[u8]> {
    let fci = tlv::find(&select.data, 0x6F).ok()??;
    tlv::find(fci, 0x84).ok()?
}
