//! Secure channels to the card, with keys from TKS.

use globalplatform::{
    Cryptogram, Key, KeyAlgorithm, Protocol, SecurityLevel, SessionKeys,
    scp::host::{Authenticating, Channel, Dialect, Handshake},
};
use iso7816::{Command, Response};
use token_management::{
    message::Status,
    subsystem::tks::{self, CardKeys, SessionKeyRequest, TransportKey},
};

use super::Run;
use crate::outcome::Fault;

/// Offset of key index or protocol identifier in the answer to INITIALIZE UPDATE.
const KEY_INDEX_OFFSET: usize = 11;

/// A channel that is open, and what TKS needs to know of it.
pub(crate) struct OpenChannel {
    channel: Channel,
    pub(super) card: CardKeys,
    pub(super) initialize_update: Vec<u8>,
    pub(super) option: u8,
    pub(super) transport_key: Option<TransportKey>,
}

/// Whether TKS is asked for a transport key along with the session keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// It is.
    Wanted,
    /// It is not.
    NotWanted,
}

impl Run {
    /// Opens a channel to what is selected, with the card's default keys.
    pub(super) async fn open_channel(&mut self, transport: Transport) -> Result<(), Fault> {
        let version = self.cx.config.channel.key_version;
        self.open_channel_with(version, transport).await
    }

    /// Opens a channel with the key set of this version; 00 is the card's choice.
    pub(super) async fn open_channel_with(
        &mut self,
        key_version: u8,
        transport: Transport,
    ) -> Result<(), Fault> {
        self.channel = None;
        let host_challenge = self.cx.random::<8>().await?;
        let handshake = self.handshake(host_challenge, key_version)?;
        let answer = self.cx.transmit(&handshake.command()).await?;
        if !answer.status.is_ok() {
            return Err(Fault::new(
                Status::SecInitUpdate,
                format!("INITIALIZE UPDATE: {}", answer.status),
            ));
        }
        let initialize_update = answer.data.clone();
        let authenticating = handshake
            .answer(&answer)
            .map_err(|e| Fault::new(Status::SecureChannel, e.to_string()))?;
        self.check_sanity(&authenticating)?;
        let option = self.facts()?.protocol.1;
        let card = self.card_keys(&authenticating, &initialize_update)?;
        let request = SessionKeyRequest {
            card: card.clone(),
            initialize_update: initialize_update.clone(),
            option,
            host_challenge,
            transport_key: transport == Transport::Wanted,
        };
        let mut keys = self.cx.session_keys(request).await?;
        let transport_key = keys.transport_key.take();
        let channel = self.authenticate_host(authenticating, &keys).await?;
        self.channel =
            Some(OpenChannel { channel, card, initialize_update, option, transport_key });
        Ok(())
    }

    pub(super) fn handshake(
        &self,
        host_challenge: [u8; 8],
        key_version: u8,
    ) -> Result<Handshake, Fault> {
        Ok(Handshake::new(&host_challenge)
            .with_key_version(key_version)
            .with_key_index(self.cx.config.channel.key_index)
            .with_option(self.facts()?.protocol.1)
            .with_dialect(Dialect::Dogtag))
    }

    fn card_keys(
        &self,
        authenticating: &Authenticating,
        initialize_update: &[u8],
    ) -> Result<CardKeys, Fault> {
        let answer = authenticating.answer();
        let key_set = match self.cx.begin.extensions.value("keySet") {
            Some(wished) if super::token::is_plain_name(wished) => wished.to_owned(),
            _ => self.cx.config.key_set.clone(),
        };
        Ok(CardKeys {
            key_set,
            cuid: self.cuid()?,
            kdd: answer.kdd,
            key_version: answer.key_version,
            key_index: initialize_update.get(KEY_INDEX_OFFSET).copied().unwrap_or_default(),
        })
    }

    /// What a card with the right keys would not do.
    fn check_sanity(&self, authenticating: &Authenticating) -> Result<(), Fault> {
        let answer = authenticating.answer();
        let rules = &self.cx.config.channel;
        let version = answer.key_version;
        let fault = |cause: String| Err(Fault::new(Status::SecureChannel, cause));
        if !(rules.key_version_min..=rules.key_version_max).contains(&version) {
            return fault(format!("key version {version:02X} is out of bounds"));
        }
        if rules.cuid_must_match_kdd && answer.kdd != self.cuid()? {
            return fault("the card's CUID is not its key diversification data".to_owned());
        }
        let recorded = self.token.as_ref().and_then(|token| token.key_version);
        let wished =
            self.symmetric_keys().filter(|keys| keys.update).map(|keys| keys.required_version);
        match recorded {
            // A change-over that was cut off leaves the card ahead of its record.
            Some(recorded)
                if rules.key_version_must_match_record
                    && recorded != version
                    && wished != Some(version) =>
            {
                fault(format!("key version {version:02X}, {recorded:02X} in the record"))
            }
            _ => Ok(()),
        }
    }

    async fn authenticate_host(
        &self,
        authenticating: Authenticating,
        keys: &tks::SessionKeys,
    ) -> Result<Channel, Fault> {
        let fault = |e: globalplatform::ScpError| Fault::new(Status::SecureChannel, e.to_string());
        let protocol = authenticating.answer().protocol;
        let session = session_keys(protocol, keys)
            .map_err(|e| Fault::new(Status::SecureChannel, e.to_string()))?;
        let level = if self.cx.config.channel.encryption {
            SecurityLevel::C_MAC_C_DECRYPTION
        } else {
            SecurityLevel::C_MAC
        };
        let (command, channel) = authenticating
            .trust(session, Cryptogram::from(keys.host_cryptogram))
            .external_authenticate(level)
            .map_err(fault)?;
        let answer = self.cx.transmit(&command).await?;
        if answer.status.is_ok() {
            Ok(channel)
        } else {
            let cause = format!("EXTERNAL AUTHENTICATE: {}", answer.status);
            Err(Fault::new(Status::ExternalAuth, cause))
        }
    }

    pub(super) fn opened(&self) -> Result<&OpenChannel, Fault> {
        self.channel
            .as_ref()
            .ok_or_else(|| Fault::new(Status::SecureChannel, "no secure channel is open"))
    }

    /// Plain data of one LOAD command, in bytes: what Dogtag leaves of a block for length byte, padding and MAC.
    pub(super) fn load_block_length(&self) -> Result<usize, Fault> {
        let block = usize::from(self.cx.config.channel.block_size);
        Ok(match self.opened()?.channel.protocol() {
            Protocol::Scp01 { .. } => block.saturating_sub(16),
            Protocol::Scp02 { .. } | Protocol::Scp03 { .. } => block.saturating_sub(8),
        })
    }

    /// Sends a command over the channel, whatever the card answers.
    pub(super) async fn secured_any(&mut self, command: &Command) -> Result<Response, Fault> {
        let keep_le = self.cx.config.channel.scp01_le;
        let open = self
            .channel
            .as_mut()
            .ok_or_else(|| Fault::new(Status::SecureChannel, "no secure channel is open"))?;
        let fault = |e: globalplatform::ScpError| Fault::new(Status::SecureChannel, e.to_string());
        let mut wrapped = open.channel.wrap(command).map_err(fault)?;
        if matches!(open.channel.protocol(), Protocol::Scp01 { .. }) && !keep_le {
            // tpsclient takes the last eight bytes for the MAC.
            wrapped.expected = None;
        }
        let answer = self.cx.transmit(&wrapped).await?;
        match self.channel.as_mut() {
            Some(open) => open.channel.unwrap(command, answer).map_err(fault),
            None => Ok(answer),
        }
    }

    /// Sends a command over the channel; what the card refuses ends the operation with `failure`.
    pub(super) async fn secured(
        &mut self,
        command: &Command,
        failure: Status,
    ) -> Result<Vec<u8>, Fault> {
        let answer = self.secured_any(command).await?;
        if answer.status.is_ok() {
            return Ok(answer.data);
        }
        Err(Fault::new(failure, format!("{:?}: {}", command.header, answer.status)))
    }

    /// Sends one of the applet's commands over the channel.
    pub(super) async fn secured_token(
        &mut self,
        command: coolkey::Command,
        failure: Status,
    ) -> Result<Vec<u8>, Fault> {
        let apdu = command.secured().map_err(|e| Fault::new(failure, e.to_string()))?;
        self.secured(&apdu, failure).await
    }
}

/// Session keys as the channel takes them.
fn session_keys(
    protocol: Protocol,
    keys: &tks::SessionKeys,
) -> Result<SessionKeys, globalplatform::KeyError> {
    let key = |bytes: &[u8]| match protocol {
        Protocol::Scp03 { .. } => Key::aes(bytes),
        _ => Key::new(KeyAlgorithm::Des3, bytes),
    };
    let rmac = keys.rmac.as_ref().map(|rmac| key(rmac.expose())).transpose()?;
    Ok(SessionKeys::from_parts(key(keys.enc.expose())?, key(keys.mac.expose())?, rmac, None))
}
