//! From a command to whoever answers it [GPCS 2.3.1 §6.4.2, §11.1.4].

use iso7816::{Aid, Command, Response, StatusWord};

use super::Card;
use crate::channel::{CHANNEL_COUNT, Selected};

const INS_MANAGE_CHANNEL: u8 = 0x70;
const INS_SELECT: u8 = 0xA4;
const INS_GET_RESPONSE: u8 = 0xC0;
const SELECT_BY_NAME: u8 = 0x04;
/// CLA that no card may use [ISO 7816-3 §12.2.1].
const CLA_INVALID: u8 = 0xFF;
/// Longest response data field that leaves in one piece, in bytes.
const RESPONSE_MAX: usize = 256;
/// Life cycle state of the card from which nothing leads back [GPCS 2.3.1 §5.1.1.5].
const TERMINATED: u8 = 0xFF;

impl Card {
    /// Answers a command, and ends what it wrote.
    pub(super) fn answer(&mut self, command: &Command) -> Response {
        let channel = usize::from(command.header.channel());
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
        if channel >= CHANNEL_COUNT {
            return Err(StatusWord::CHANNEL_NOT_SUPPORTED);
        }
        let selected = self.channel(channel)?.selected;
        let terminated = self.registry.isd.life_cycle == TERMINATED;
        let interindustry = matches!(header.cla, 0x00..=0x0F);
        match header.ins {
            INS_SELECT | INS_MANAGE_CHANNEL if interindustry && terminated => {
                Err(StatusWord::CONDITIONS_OF_USE)
            }
            INS_SELECT if interindustry && header.p1 == SELECT_BY_NAME => {
                self.select(channel, command)
            }
            INS_MANAGE_CHANNEL if interindustry => self.manage_channel(channel, command),
            _ => match selected {
                Selected::Application(aid) if !terminated => self.process(channel, aid, command),
                Selected::Nothing if !terminated => Err(StatusWord::APPLET_SELECT_FAILED),
                _ => self.issuer_domain(channel, command),
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

    /// Keeps what a short response cannot hold for GET RESPONSE [ISO 7816-4 §5.3.4].
    fn fit(&mut self, channel: usize, command: &Command, mut response: Response) -> Response {
        let extended = command.expected.and_then(|le| usize::try_from(le).ok()).unwrap_or(0);
        let limit = RESPONSE_MAX.max(extended);
        if response.status.is_ok() && response.data.len() > limit {
            let rest = response.data.split_off(limit);
            response.status = bytes_available(rest.len());
            self.pending_response = Some((channel, rest));
        }
        response
    }

    /// Obeys GET RESPONSE when something waits on this channel; any other command drops what waits.
    fn rest_of_response(&mut self, channel: usize, command: &Command) -> Option<Response> {
        let (waiting_on, mut data) = self.pending_response.take()?;
        let header = command.header;
        if header.ins != INS_GET_RESPONSE || header.cla > 0x03 || channel != waiting_on {
            return None;
        }
        let limit = command.expected.and_then(|le| usize::try_from(le).ok());
        let limit = limit.unwrap_or(RESPONSE_MAX).min(data.len());
        let rest = data.split_off(limit);
        if rest.is_empty() {
            return Some(Response::ok(data));
        }
        let status = bytes_available(rest.len());
        self.pending_response = Some((channel, rest));
        Some(Response::new(data, status))
    }
}

fn bytes_available(count: usize) -> StatusWord {
    // 00 stands for 256 or more.
    StatusWord::from_bytes(0x61, u8::try_from(count).unwrap_or(0))
}
