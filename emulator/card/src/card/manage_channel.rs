//! MANAGE CHANNEL [GPCS 2.3.1 §11.7].

use faults::Fault;
use iso7816::{Aid, Command, Response, StatusWord};

use super::Card;
use crate::channel::{LogicalChannel, Selected};

const OPEN: u8 = 0x00;
const CLOSE: u8 = 0x80;
/// Card life cycle state SECURED; beyond it no channel is opened.
const SECURED: u8 = 0x0F;

impl Card {
    pub(super) fn manage_channel(
        &mut self,
        origin: usize,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        if command.header.secure_messaging() {
            return Err(StatusWord::SECURE_MESSAGING_NOT_SUPPORTED);
        }
        let number = usize::from(command.header.p2);
        match command.header.p1 {
            OPEN => self.open_from(origin, number),
            CLOSE => self.close(number),
            _ => Err(StatusWord::WRONG_P1P2),
        }
    }

    /// Opens a channel by number, or the first that is closed for number 0. From the basic channel the default application is
    /// selected there, from another one the application that is selected on that [GPCS 2.3.1 §6.4.2.2].
    fn open_from(&mut self, origin: usize, number: usize) -> Result<Response, StatusWord> {
        if self.registry.isd.life_cycle > SECURED {
            return Err(StatusWord::FUNCTION_NOT_SUPPORTED);
        }
        let count = self.channel_count();
        let closed = |index: &usize| {
            *index < count && self.channels.get(*index).is_some_and(Option::is_none)
        };
        let mut candidates = if number == 0 { 1..count } else { number..number + 1 };
        let exhausted = if faults::active(Fault::ChannelExhaustionWrongStatus) {
            StatusWord::NOT_FOUND
        } else {
            StatusWord::FUNCTION_NOT_SUPPORTED
        };
        let index = candidates.find(closed).ok_or(exhausted)?;
        if origin == 0 {
            self.open_channel(index);
        } else {
            let selected = self.channel(origin)?.selected;
            if let Some(slot) = self.channels.get_mut(index) {
                *slot = Some(LogicalChannel::new(selected));
            }
            if let Selected::Application(aid) = selected {
                self.select_there(index, aid)?;
            }
        }
        let told = if number == 0 { u8::try_from(index).ok() } else { None };
        Ok(Response::ok(told.into_iter().collect()))
    }

    /// Selects on a new channel what is selected on the one that opened it; where that is refused, the channel stays closed
    /// [JCRE 3.0.5 §4.3].
    fn select_there(&mut self, index: usize, aid: Aid) -> Result<(), StatusWord> {
        if let Some(slot) = self.channels.get_mut(index) {
            *slot = Some(LogicalChannel::new(Selected::Nothing));
        }
        let entered = self.select_application(index, aid, None);
        if entered.is_err()
            && let Some(slot) = self.channels.get_mut(index)
        {
            *slot = None;
        }
        entered.map(|_| ())
    }

    fn close(&mut self, number: usize) -> Result<Response, StatusWord> {
        match self.channels.get(number).filter(|_| number < self.channel_count()) {
            None => Err(StatusWord::CHANNEL_NOT_SUPPORTED),
            Some(_) if number == 0 && !faults::active(Fault::BasicChannelCloses) => {
                Err(StatusWord::FUNCTION_NOT_SUPPORTED)
            }
            Some(None) if faults::active(Fault::ClosedChannelClosesSilently) => {
                Ok(Response::status(StatusWord::OK))
            }
            Some(Some(_)) if number == 0 || faults::active(Fault::ChannelCloseWithoutEffect) => {
                Ok(Response::status(StatusWord::OK))
            }
            Some(None) => Ok(Response::status(StatusWord::CHANNEL_ALREADY_CLOSED)),
            Some(Some(_)) => {
                self.leave(number);
                if let Some(slot) = self.channels.get_mut(number) {
                    *slot = None;
                }
                Ok(Response::ok(Vec::new()))
            }
        }
    }
}
