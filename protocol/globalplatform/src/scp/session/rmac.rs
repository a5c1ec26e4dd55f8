//! R-MAC sessions within a session [GPCS 2.3.1 §E.5.3, §E.5.4, AmdD 1.1.1 §7.1.3].

use iso7816::{Command, Header, StatusWord};

use super::Session;
use crate::scp::{
    INS_BEGIN_RMAC, INS_END_RMAC,
    error::ScpError,
    protocol::{Protocol, SecurityLevel},
};

/// P2 of END R-MAC SESSION [GPCS 2.3.1 §E.5.4.2].
const END_AND_GO_ON: u8 = 0x01;
const END_AND_STOP: u8 = 0x03;

impl Session {
    /// BEGIN and END R-MAC SESSION take effect after their response [GPCS 2.3.1 §E.5.3, §E.5.4, AmdD 1.1.1 §7.1.3].
    pub(in crate::scp) fn settle(
        &mut self,
        command: &Command,
        status: StatusWord,
    ) -> Result<(), ScpError> {
        if !status.is_ok() {
            return Ok(());
        }
        if is_begin_rmac(command) {
            let added = SecurityLevel::from_bits_truncate(command.header.p1);
            self.accumulates_rmac = added.is_empty();
            if let (Protocol::Scp02 { .. }, false) = (self.protocol, self.covers_responses_yet()) {
                self.response_mac(command, &[], status)?;
            }
            self.level |= added;
        } else if is_end_rmac(command) && command.header.p2 == END_AND_STOP {
            self.level = self.floor;
            self.accumulates_rmac = false;
        }
        Ok(())
    }

    /// Whether the response to the command that is being settled was covered already.
    const fn covers_responses_yet(&self) -> bool {
        self.has(SecurityLevel::R_MAC)
    }

    /// Whether BEGIN or END R-MAC SESSION may be obeyed now.
    pub(in crate::scp) fn check_rmac_session(&self, command: &Command) -> Result<(), ScpError> {
        let Header { p1, p2, .. } = command.header;
        if !self.protocol.supports_rmac() || self.keys.rmac.is_none() {
            return Err(ScpError::MissingKey("R-MAC"));
        }
        if is_end_rmac(command) {
            return match (self.protocol, p1, p2) {
                (Protocol::Scp02 { .. }, 0, END_AND_GO_ON) | (_, 0, END_AND_STOP)
                    if self.level != self.floor || self.accumulates_rmac =>
                {
                    Ok(())
                }
                (_, 0, END_AND_GO_ON | END_AND_STOP) => Err(ScpError::UnexpectedCommand),
                _ => Err(ScpError::UnsupportedLevel(p1)),
            };
        }
        let wanted = SecurityLevel::from_bits_truncate(p1);
        let renc = wanted.contains(SecurityLevel::R_ENCRYPTION);
        let known = match self.protocol {
            Protocol::Scp02 { .. } => matches!(p1, 0x00 | 0x10),
            Protocol::Scp03 { .. } => matches!(p1, 0x10 | 0x30),
            Protocol::Scp01 { .. } => false,
        };
        if !known || p2 != 0x01 || renc && !self.protocol.supports_rencryption() {
            return Err(ScpError::UnsupportedLevel(p1));
        }
        let scp03 = matches!(self.protocol, Protocol::Scp03 { .. });
        let nothing_new = self.accumulates_rmac || self.has(SecurityLevel::R_MAC) && !renc;
        if nothing_new
            || self.has(SecurityLevel::R_ENCRYPTION)
            || scp03 && !self.has(SecurityLevel::C_MAC)
            || renc && !self.has(SecurityLevel::C_DECRYPTION)
        {
            return Err(ScpError::UnexpectedCommand);
        }
        Ok(())
    }
}

pub(in crate::scp) const fn is_begin_rmac(command: &Command) -> bool {
    command.header.cla & 0x80 != 0 && command.header.ins == INS_BEGIN_RMAC
}

pub(in crate::scp) const fn is_end_rmac(command: &Command) -> bool {
    command.header.cla & 0x80 != 0 && command.header.ins == INS_END_RMAC
}
