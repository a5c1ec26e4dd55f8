//! What the card is: its names, numbers and versions, read before anything is changed.

use coolkey::{
    Command as TokenCommand,
    command::LifeCycleForm,
    report::{AppletVersion, TokenStatus},
};
use iso7816::{Aid, Command, Response, tlv};
use token_management::{message::Status, subsystem::tks::Cuid};

use super::Run;
use crate::outcome::Fault;

/// Tag of the card production life cycle data.
const TAG_CPLC: u16 = 0x9F7F;
/// Tag of the card data, which hold the recognition data.
const TAG_CARD_DATA: u16 = 0x0066;
/// Tag of the key information template.
const TAG_KEY_INFORMATION: u16 = 0x00E0;
/// Le with which GET DATA is tried first.
const GET_DATA_EXPECTED: u32 = 0x2D;
/// Production data with their tag and length, in bytes.
const CPLC_LENGTH: usize = 45;
/// Life cycle state of a card that does not tell it.
const LIFE_CYCLE_UNKNOWN: u8 = 0xF0;

/// What was read from the card.
#[derive(Clone, Debug)]
pub(crate) struct CardFacts {
    pub(crate) cuid: Cuid,
    pub(crate) card_manager: Aid,
    /// Identifier and option of the secure channel protocol; option 00 is unknown.
    pub(crate) protocol: (u8, u8),
    /// Version of the applet; `None`: it is not there.
    pub(crate) applet: Option<AppletVersion>,
    pub(crate) life_cycle: u8,
}

impl CardFacts {
    /// Whether the card follows GlobalPlatform 2.1.1 or later, and not Open Platform 2.0.1.
    pub(crate) const fn is_global_platform(&self) -> bool {
        self.protocol.0 > 1
    }

    /// The applet's version as the records have it; empty without applet.
    pub(crate) fn applet_version(&self) -> String {
        self.applet.map(|version| version.to_string()).unwrap_or_default()
    }
}

impl Run {
    /// Looks at the card: card manager, production data, applet, protocol.
    pub(super) async fn inspect(&mut self) -> Result<(), Fault> {
        self.channel = None;
        let life_cycle = match &self.facts {
            Some(facts) => facts.life_cycle,
            None => LIFE_CYCLE_UNKNOWN,
        };
        let card_manager = self.find_card_manager().await?;
        let cplc = self.get_data(TAG_CPLC).await?;
        let cuid = cuid_of(&cplc).ok_or_else(|| {
            Fault::new(Status::CannotPerformOperation, "the card tells no production data")
        })?;
        let applet = self.applet_version().await?;
        self.must_select(card_manager).await?;
        let protocol = self.protocol().await?;
        self.facts = Some(CardFacts { cuid, card_manager, protocol, applet, life_cycle });
        Ok(())
    }

    /// The life cycle state of the applet, asked for before the rest as Dogtag does; many cards do not tell it.
    pub(super) async fn life_cycle(&self) -> Result<u8, Fault> {
        self.select(self.names.instance).await?;
        let answer = self.plain(TokenCommand::GetLifeCycle(LifeCycleForm::State)).await?;
        Ok(match answer.data.first() {
            Some(state) if answer.status.is_ok() => *state,
            _ => LIFE_CYCLE_UNKNOWN,
        })
    }

    /// Sends one of the applet's plain commands.
    pub(super) async fn plain(&self, command: TokenCommand) -> Result<Response, Fault> {
        let apdu = command
            .plain()
            .map_err(|e| Fault::new(Status::CannotPerformOperation, e.to_string()))?;
        self.cx.transmit(&apdu).await
    }

    /// SELECT by name [GPCS 2.3.1 §11.9].
    pub(super) async fn select(&self, aid: Aid) -> Result<Response, Fault> {
        let command =
            Command::new(0x00, 0xA4, 0x04, 0x00).with_data(aid.as_bytes()).with_expected(256);
        self.cx.transmit(&command).await
    }

    /// SELECT, which must succeed; the channel of what was selected before is gone.
    pub(super) async fn must_select(&mut self, aid: Aid) -> Result<(), Fault> {
        self.must_select_or(aid, Status::CannotEstablishCommunication).await
    }

    /// SELECT, which must succeed or ends the operation with `failure`.
    pub(super) async fn must_select_or(&mut self, aid: Aid, failure: Status) -> Result<(), Fault> {
        self.channel = None;
        let status = self.select(aid).await?.status;
        if status.is_ok() || status.is_warning() {
            return Ok(());
        }
        Err(Fault::new(failure, format!("SELECT {aid}: {status}")))
    }

    /// Selects what the card selects by itself; it must be one of the known card managers, which is then selected by name.
    async fn find_card_manager(&mut self) -> Result<Aid, Fault> {
        let default = Command::new(0x00, 0xA4, 0x04, 0x00).with_expected(256);
        let answer = self.cx.transmit(&default).await?;
        let named = tlv::find(&answer.data, 0x6F)
            .ok()
            .flatten()
            .and_then(|fci| tlv::find(fci, 0x84).ok().flatten())
            .and_then(|aid| Aid::new(aid).ok());
        let known = |aid: &Aid| {
            self.names.card_managers.iter().any(|manager| manager.starts_with(aid.as_bytes()))
                || self.names.card_managers.contains(aid)
        };
        let candidates: Vec<Aid> = match named {
            Some(aid) if known(&aid) => vec![aid],
            _ => self.names.card_managers.clone(),
        };
        for aid in candidates {
            if self.select(aid).await?.status.is_ok() {
                return Ok(aid);
            }
        }
        Err(Fault::new(Status::CannotEstablishCommunication, "no known card manager on the card"))
    }

    async fn get_data(&self, tag: u16) -> Result<Vec<u8>, Fault> {
        let [p1, p2] = tag.to_be_bytes();
        let command = Command::new(0x80, 0xCA, p1, p2).with_expected(GET_DATA_EXPECTED);
        let answer = self.cx.transmit(&command).await?;
        Ok(if answer.status.is_ok() { answer.data } else { Vec::new() })
    }

    /// The applet's version: from GET STATUS and GET BUILDID.
    async fn applet_version(&self) -> Result<Option<AppletVersion>, Fault> {
        if !self.select(self.names.instance).await?.status.is_ok() {
            return Ok(None);
        }
        let status = self.plain(TokenCommand::GetStatus).await?;
        let build = self.plain(TokenCommand::GetBuildId).await?;
        Ok(Some(applet_version(&status.data, &build.data)))
    }

    /// The secure channel protocol and its option, out of the card recognition data [GPCS 2.3.1 §H.2]; SCP01 where there are
    /// none. The key information is read as Dogtag reads it, so that cards see the same commands.
    async fn protocol(&self) -> Result<(u8, u8), Fault> {
        let card_data = self.get_data(TAG_CARD_DATA).await?;
        self.get_data(TAG_KEY_INFORMATION).await?;
        Ok(protocol_of(&card_data).unwrap_or((1, 0)))
    }
}

/// The version that the answers to GET STATUS and GET BUILDID tell; zeros where they tell none.
pub(super) fn applet_version(status: &[u8], build: &[u8]) -> AppletVersion {
    let build: [u8; 4] = build.try_into().unwrap_or_default();
    let version = TokenStatus::parse(status).map(|status| status.applet).unwrap_or_default();
    AppletVersion { version, build: u32::from_be_bytes(build) }
}

/// The card's unique identifier: fabricator and IC type, batch, serial number. `None` unless the answer has the right length.
fn cuid_of(cplc: &[u8]) -> Option<Cuid> {
    if cplc.len() != CPLC_LENGTH {
        return None;
    }
    let fields = [cplc.get(3..7)?, cplc.get(19..21)?, cplc.get(15..19)?].concat();
    fields.try_into().ok()
}

/// The last two arcs of the object identifier under tag 64: protocol and option.
fn protocol_of(card_data: &[u8]) -> Option<(u8, u8)> {
    let data = tlv::find(card_data, 0x66).ok()??;
    let recognition = tlv::find(data, 0x73).ok()??;
    let channel = tlv::find(recognition, 0x64).ok()??;
    match tlv::find(channel, 0x06).ok()?? {
        [.., id @ 1..=3, option] => Some((*id, *option)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use hex_literal::hex;

    use super::*;

    #[test]
    fn the_cuid_is_put_together_from_production_data() {
        let mut cplc = [0_u8; CPLC_LENGTH];
        cplc[3..7].copy_from_slice(&hex!("40906145"));
        cplc[15..19].copy_from_slice(&hex!("24192D2B"));
        cplc[19..21].copy_from_slice(&hex!("C762"));
        assert_eq!(cuid_of(&cplc), Some(hex!("40906145C76224192D2B")));
        assert_eq!(cuid_of(&cplc[1..]), None);
    }

    #[test]
    fn the_protocol_is_read_from_recognition_data() {
        let data = hex!(
            "66 26 73 24 06 07 2A864886FC6B01 60 0B 06 09 2A864886FC6B020202"
            "64 0C 06 0A 2A864886FC6B04 00 0370"
        );
        // 64's length counts a nine-byte OID and its header.
        let mut fixed = data.to_vec();
        let oid = hex!("2A864886FC6B040370");
        let at = fixed.iter().position(|b| *b == 0x64).unwrap();
        fixed.truncate(at);
        fixed.extend_from_slice(&[0x64, 0x0B, 0x06, 0x09]);
        fixed.extend_from_slice(&oid);
        let length = u8::try_from(fixed.len()).unwrap();
        fixed[1] = length - 2;
        fixed[3] = length - 4;
        assert_eq!(protocol_of(&fixed), Some((3, 0x70)));
        assert_eq!(protocol_of(&hex!("010001409061")), None);
    }
}
