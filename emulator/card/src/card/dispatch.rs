//! From a command to whoever answers it [GPCS 2.3.1 §6.4.2, §11.1.4].

use faults::Fault;
use iso7816::{Aid, Command, Response, StatusWord};

use super::Card;
use crate::{channel::Selected, state::Domain};

const INS_MANAGE_CHANNEL: u8 = 0x70;
const INS_SELECT: u8 = 0xA4;
const SELECT_BY_NAME: u8 = 0x04;
/// CLA that no card may use [ISO 7816-3 §12.2.1].
const CLA_INVALID: u8 = 0xFF;
/// Life cycle state of the card from which nothing leads back [GPCS 2.3.1 §5.1.1.5].
const TERMINATED: u8 = 0xFF;

impl Card {
    /// Answers a command, and ends what it wrote.
    pub(super) fn answer(&mut self, command: &Command) -> Response {
        let mut channel = usize::from(command.header.channel());
        if self.channel(channel).is_err() && faults::active(Fault::ClosedChannelAnswers) {
            channel = 0;
        }
        self.java.begin_command();
        if let Some(response) = self.rest_of_response(channel, command) {
            return response;
        }
        let response = self.execute(channel, command).unwrap_or_else(Response::status);
        let response = self.settle(response);
        self.fit(channel, command, response)
    }

    fn execute(&mut self, channel: usize, command: &Command) -> Result<Response, StatusWord> {
        let header = command.header;
        if header.cla == CLA_INVALID {
            return Err(StatusWord::CLA_NOT_SUPPORTED);
        }
        let selected = self.channel(channel)?.selected;
        let terminated = self.registry.isd.life_cycle == TERMINATED;
        let interindustry = matches!(header.cla, 0x00..=0x0F | 0x40..=0x4F | 0x60..=0x6F);
        match header.ins {
            INS_SELECT | INS_MANAGE_CHANNEL
                if interindustry && terminated && !faults::active(Fault::TerminatedCardSelects) =>
            {
                Err(StatusWord::CONDITIONS_OF_USE)
            }
            INS_SELECT if interindustry && header.p1 == SELECT_BY_NAME => {
                self.select(channel, command)
            }
            INS_MANAGE_CHANNEL if interindustry => self.manage_channel(channel, command),
            _ => match selected {
                Selected::Application(aid) if !terminated => self.process(channel, aid, command),
                Selected::Nothing if !terminated => Err(StatusWord::APPLET_SELECT_FAILED),
                Selected::Domain(domain) if !terminated => {
                    self.security_domain(channel, domain, command)
                }
                _ => self.security_domain(channel, Domain::Issuer, command),
            },
        }
    }

    /// Lets an application answer.
    pub(super) fn process(
        &mut self,
        channel: usize,
        aid: Aid,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        self.with_applet(Some(channel), aid, |applet, host| applet.process(host, command))
            .unwrap_or(Err(StatusWord::APPLET_SELECT_FAILED))
    }
}
