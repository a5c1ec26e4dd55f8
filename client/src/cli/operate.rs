//! `format`, `enroll` and `reset-pin`.

use std::time::Instant;

use token_management::message::Operation;

use super::{
    arguments::{EnrollArguments, OperationArguments, PinArguments},
    output::Display,
    prompt::Prompt,
    readers,
};
use crate::{
    ClientError, HttpChannel,
    conversation::{OperationRequest, Parties},
    operation::run,
};

pub(super) fn format(mut arguments: OperationArguments) -> Result<(), ClientError> {
    arguments.token_type = Some(arguments.token_type_or_default());
    operate(Operation::Format, &arguments, &PinArguments::default())
}

pub(super) fn enroll(mut arguments: EnrollArguments) -> Result<(), ClientError> {
    arguments.operation.token_type = Some(arguments.operation.token_type_or_default());
    operate(Operation::Enroll, &arguments.operation, &arguments.pin)
}

#[expect(clippy::needless_pass_by_value, reason = "like its two neighbours")]
pub(super) fn reset_pin(arguments: EnrollArguments) -> Result<(), ClientError> {
    operate(Operation::ResetPin, &arguments.operation, &arguments.pin)
}

fn operate(
    operation: Operation,
    arguments: &OperationArguments,
    pin: &PinArguments,
) -> Result<(), ClientError> {
    let mut display = Display::new(arguments.output);
    let mut attempt = || {
        // Everything that can be wrong on this side is found before the server hears of it.
        let mut credentials = Prompt::new(&arguments.login, pin)?;
        let mut channel = HttpChannel::new(arguments.server.settings())?;
        let mut card = readers::choose(&arguments.reader)?;
        let request = OperationRequest {
            operation,
            token_type: arguments.token_type.clone(),
            key_set: arguments.key_set.clone(),
            extended_login: !credentials.is_preset(),
        };
        let started = Instant::now();
        let mut parties =
            Parties { card: &mut *card, credentials: &mut credentials, progress: &mut display };
        let status = run(&request, &mut channel, &mut parties)?;
        // The applet may have been replaced: whoever uses the card next must begin anew.
        if let Err(error) = card.reset().and_then(|_| card.disconnect()) {
            tracing::debug!(%error, "the card was not reset");
        }
        Ok((status, started.elapsed()))
    };
    match attempt() {
        Ok((status, took)) => display.succeed(operation, status, took),
        Err(error) => {
            display.fail(operation, &error);
            Err(error)
        }
    }
}
