//! The user's PIN: asked for, checked, set over the secure channel.

use coolkey::{Command as TokenCommand, Pin, pin::INITIAL_PIN};
use token_management::message::Status;

use super::Run;
use crate::{config::profile::PinRules, outcome::Fault};

/// Number of the user's PIN.
const USER_PIN: u8 = 0;

impl Run {
    /// Asks for a new PIN and sets it, over an open channel to the applet.
    pub(super) async fn set_pin(&mut self, rules: PinRules) -> Result<(), Fault> {
        let pin = self.cx.ask_for_pin(rules.length_min, rules.length_max).await?;
        let length = pin.expose().len();
        if !(usize::from(rules.length_min)..=usize::from(rules.length_max)).contains(&length) {
            let cause = "the new PIN is too short or too long";
            return Err(Fault::new(Status::TokenResetPinFailed, cause));
        }
        self.note("setting the PIN").await?;
        let create = TokenCommand::CreatePin {
            pin: USER_PIN,
            tries: rules.tries,
            value: Pin::new(INITIAL_PIN),
        };
        let create =
            create.secured().map_err(|e| Fault::new(Status::MacResetPinPdu, e.to_string()))?;
        // A token that has a PIN refuses to make another, which is no reason to stop.
        self.secured_any(&create).await?;
        let set = TokenCommand::SetPin { pin: USER_PIN, value: Pin::new(pin.expose()) };
        self.secured_token(set, Status::TokenResetPinFailed).await.map(drop)
    }
}
