//! How responses leave the card: whole, by GET RESPONSE, or, under T=0, in the length that was asked for [ISO 7816-4 §5.3.4,
//! ISO 7816-3 §12.2].

use iso7816::{Command, Header, Response, StatusWord};

use super::Card;
use crate::profile::Transmission;

const INS_GET_RESPONSE: u8 = 0xC0;
/// Longest response data field that leaves in one piece, in bytes.
const RESPONSE_MAX: usize = 256;

/// A response, or the rest of one, that waits for the command that fetches it.
pub(super) struct Waiting {
    channel: usize,
    data: Vec<u8>,
    /// The status word that ends it.
    status: StatusWord,
    /// Under T=0 after 6Cxx: the command that must come again; none: GET RESPONSE.
    again: Option<Header>,
}

impl Card {
    /// Keeps of a response what does not leave now.
    pub(super) fn fit(
        &mut self,
        channel: usize,
        command: &Command,
        response: Response,
    ) -> Response {
        if self.personality.java_card.protocol == Transmission::T0 {
            return self.fit_t0(channel, command, response);
        }
        let extended = command.expected.and_then(|le| usize::try_from(le).ok()).unwrap_or(0);
        let limit = RESPONSE_MAX.max(extended);
        if !response.status.is_ok() || response.data.len() <= limit {
            return response;
        }
        self.keep(channel, response, limit)
    }

    /// Under T=0 data come in the one direction or the other: a response to a command with data is fetched by GET RESPONSE, one that is
    /// shorter than Le by the same command with its length.
    fn fit_t0(&mut self, channel: usize, command: &Command, response: Response) -> Response {
        let length = response.data.len();
        if length == 0 {
            return response;
        }
        let expected = command.expected.and_then(|le| usize::try_from(le).ok());
        match expected.filter(|_| command.data.is_empty()) {
            None => self.keep(channel, response, 0),
            Some(expected) if length > expected => self.keep(channel, response, expected),
            // 256 is asked for by whoever does not know the length.
            Some(expected) if length < expected && expected <= RESPONSE_MAX => {
                let Response { data, status } = response;
                let again = Some(command.header);
                self.waiting = Some(Waiting { channel, data, status, again });
                StatusWord::from_bytes(0x6C, u8::try_from(length).unwrap_or(0)).into()
            }
            Some(_) => response,
        }
    }

    /// Lets the first bytes go; the rest waits for GET RESPONSE.
    fn keep(&mut self, channel: usize, mut response: Response, first: usize) -> Response {
        let data = response.data.split_off(first);
        let available = bytes_available(data.len());
        let status = core::mem::replace(&mut response.status, available);
        self.waiting = Some(Waiting { channel, data, status, again: None });
        response
    }

    /// Obeys the command that fetches what waits on this channel; any other command drops it.
    pub(super) fn rest_of_response(
        &mut self,
        channel: usize,
        command: &Command,
    ) -> Option<Response> {
        let waiting = self.waiting.take()?;
        let header = command.header;
        let fetches = match waiting.again {
            Some(again) => header == again && command.data.is_empty(),
            // Some hosts keep the class of the command, secure messaging and all, since cards under T=0 do not look at it.
            None => header.ins == INS_GET_RESPONSE && command.data.is_empty(),
        };
        if !fetches || channel != waiting.channel {
            return None;
        }
        let Waiting { data, status, .. } = waiting;
        let limit = command.expected.and_then(|le| usize::try_from(le).ok());
        let limit = limit.unwrap_or(RESPONSE_MAX).min(data.len());
        let response = Response::new(data, status);
        if limit == response.data.len() {
            return Some(response);
        }
        Some(self.keep(channel, response, limit))
    }
}

fn bytes_available(count: usize) -> StatusWord {
    // 00 stands for 256 or more.
    StatusWord::from_bytes(0x61, u8::try_from(count).unwrap_or(0))
}
