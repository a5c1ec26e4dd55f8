//! Key change-over: the card gets the key set that the profile asks for.

use iso7816::Command;
use store::tps::Commit;
use token_management::{message::Status, subsystem::tks::KeyChangeRequest};

use super::{Run, channel::Transport};
use crate::outcome::Fault;

/// Key version number of keys that the factory put in: they are added to, not replaced.
const FACTORY_VERSION: u8 = 0xFF;
/// P2 of PUT KEY: several keys, the first with index 1 [GPCS 2.3.1 §11.8.2.2].
const SEVERAL_FROM_ONE: u8 = 0x81;

impl Run {
    /// Changes the card's key set over where the profile asks for it and the card has not got it; then the applet is selected.
    pub(super) async fn change_keys_over(&mut self) -> Result<(), Fault> {
        let Some(wanted) = self.symmetric_keys().filter(|keys| keys.update) else { return Ok(()) };
        let version = wanted.required_version;
        let card_manager = self.facts()?.card_manager;
        self.must_select(card_manager).await?;
        let recorded = self.token.as_ref().and_then(|token| token.key_version);
        if self.has_key_set(version).await? {
            if recorded != Some(version) {
                self.record_key_version(version).await?;
            }
            return self.must_select(self.names.instance).await;
        }
        self.open_channel(Transport::NotWanted).await?;
        self.note(format!("PUT KEY: key set {version:02X}")).await?;
        self.put_key(version).await?;
        self.record_key_version(version).await?;
        self.must_select(self.names.instance).await
    }

    /// Whether the card begins a channel with this key set.
    async fn has_key_set(&self, version: u8) -> Result<bool, Fault> {
        let challenge = self.cx.random::<8>().await?;
        let command = self.handshake(challenge, version)?.command();
        Ok(self.cx.transmit(&command).await?.status.is_ok())
    }

    async fn put_key(&mut self, version: u8) -> Result<(), Fault> {
        let open = self.opened()?;
        let current = open.card.key_version;
        let request = KeyChangeRequest {
            card: open.card.clone(),
            new_key_version: version,
            initialize_update: open.initialize_update.clone(),
            option: open.option,
        };
        let data = self.cx.key_change(request).await?;
        let replaces = if current == FACTORY_VERSION { 0 } else { current };
        let mut command = Command::new(0x80, 0xD8, replaces, SEVERAL_FROM_ONE).with_data(data);
        if self.facts()?.is_global_platform() {
            command = command.with_expected(256);
        }
        self.secured(&command, Status::KeyChangeOver).await.map(drop)
    }

    /// The record follows the card at once: from now on only the new keys open it.
    async fn record_key_version(&mut self, version: u8) -> Result<(), Fault> {
        let mut token = self.record()?;
        token.key_version = Some(version);
        let message = format!("key set {version:02X}");
        let activities = self.activity("key_changeover", true, message).into_iter().collect();
        self.cx
            .commit(Commit { token: Some(token.clone()), activities, ..Commit::default() })
            .await?;
        self.token = Some(token);
        Ok(())
    }
}
