//! MANAGE CHANNEL [GPCS 2.3.1 §11.7].

use iso7816::{Command, Response, StatusWord};

use super::Card;
use crate::channel::{CHANNEL_COUNT, LogicalChannel, Selected};

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
        let closed = |index: &usize| self.channels.get(*index).is_some_and(Option::is_none);
        let mut candidates = if number == 0 { 1..CHANNEL_COUNT } else { number..number + 1 };
        let index = candidates.find(closed).ok_or(StatusWord::FUNCTION_NOT_SUPPORTED)?;
        if origin == 0 {
            self.open_channel(index);
        } else {
            let selected = self.channel(origin)?.selected;
            if matches!(selected, Selected::Application(_)) {
                // It is selected already, and not multi-selectable.
                return Err(StatusWord::CONDITIONS_OF_USE);
            }
            if let Some(slot) = self.channels.get_mut(index) {
                *slot = Some(LogicalChannel::new(selected));
            }
        }
        let told = if number == 0 { u8::try_from(index).ok() } else { None };
        Ok(Response::ok(told.into_iter().collect()))
    }

    fn close(&mut self, number: usize) -> Result<Response, StatusWord> {
        match self.channels.get(number) {
            None => Err(StatusWord::CHANNEL_NOT_SUPPORTED),
            Some(_) if number == 0 => Err(StatusWord::FUNCTION_NOT_SUPPORTED),
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
