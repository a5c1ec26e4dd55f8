//! One operation on one token: what is known so far, and what must be put right if it fails.

mod applet;
mod change_over;
mod channel;
mod enroll;
mod format;
mod generate;
mod inspect;
mod objects;
mod pin;
mod pin_reset;
mod plan;
mod recover;
mod repair;
mod token;

use store::tps::{Activity, OperationId, Token, TokenCertificate};
use token_management::{
    message::{Operation, Status},
    subsystem::tks::Cuid,
};

use channel::OpenChannel;
use inspect::CardFacts;
pub(crate) use plan::out_of_use;

use crate::{
    config::applet::AppletNames,
    context::Context,
    outcome::{Fault, Outcome},
};

/// Everything that an operation knows.
pub(crate) struct Run {
    pub(crate) cx: Context,
    names: AppletNames,
    facts: Option<CardFacts>,
    channel: Option<OpenChannel>,
    user: Option<String>,
    /// The record as it is in the store.
    token: Option<Token>,
    journal: Option<OperationId>,
    /// Certificates that this operation added and that are not yet known to be on the card.
    pending: Vec<TokenCertificate>,
    /// A subsystem may have done what it did not confirm: the journal stays open, so that the next operation looks.
    doubtful: bool,
    /// The records say that the operation succeeded: what fails now fails nothing.
    committed: bool,
}

/// Runs the operation that the client began, to its end.
pub(crate) async fn operate(cx: Context) -> Outcome {
    let operation = cx.begin.operation;
    let names = match cx.config.applet.names() {
        Ok(names) => names,
        Err(error) => {
            let fault = Fault::new(Status::Misconfiguration, error.to_string());
            return Outcome { operation, cuid: None, user: None, result: Err(fault) };
        }
    };
    let mut run = Run::new(cx, names);
    let result = match operation {
        Operation::Format => run.format().await,
        Operation::Enroll => run.enroll().await,
        Operation::ResetPin => run.reset_pin().await,
        Operation::Undefined | Operation::Unblock | Operation::Renew => {
            // Dogtag's answer to what no TPS does: an error without a reason.
            Err(Fault::new(Status::NoError, "the operation is not done by any TPS"))
        }
    };
    let result = match result {
        Err(fault) if !run.committed => {
            run.clean_up(&fault).await;
            Err(fault)
        }
        _ => Ok(()),
    };
    let cuid = run.facts.as_ref().map(|facts| facts.cuid);
    Outcome { operation, cuid, user: run.user, result }
}

impl Run {
    const fn new(cx: Context, names: AppletNames) -> Self {
        Self {
            cx,
            names,
            facts: None,
            channel: None,
            user: None,
            token: None,
            journal: None,
            pending: Vec::new(),
            doubtful: false,
            committed: false,
        }
    }

    /// The card's facts; every flow learns them first.
    fn facts(&self) -> Result<&CardFacts, Fault> {
        self.facts.as_ref().ok_or_else(|| Fault::new(Status::Snac, "the card was not looked at"))
    }

    fn cuid(&self) -> Result<Cuid, Fault> {
        self.facts().map(|facts| facts.cuid)
    }

    fn user(&self) -> Result<&str, Fault> {
        self.user.as_deref().ok_or_else(|| Fault::new(Status::Login, "nobody is logged in"))
    }

    /// Replaces the variables of a configured text.
    fn substitute(&self, text: &str) -> Result<String, Fault> {
        let cuid = hex(&self.cuid()?);
        Ok(text.replace("$cuid$", &cuid).replace("$userid$", self.user.as_deref().unwrap_or("")))
    }

    /// A line of history about this operation.
    fn activity(
        &self,
        operation: &str,
        success: bool,
        message: impl Into<String>,
    ) -> Option<Activity> {
        Some(Activity {
            cuid: self.facts.as_ref()?.cuid,
            user: self.user.clone(),
            client: self.cx.begin.client.clone(),
            operation: operation.to_owned(),
            success,
            message: message.into(),
        })
    }

    /// Notes what is about to happen.
    async fn note(&self, stage: impl Into<String>) -> Result<(), Fault> {
        match self.journal {
            Some(journal) => self.cx.note(journal, stage.into()).await,
            None => Ok(()),
        }
    }
}

/// Upper-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}"); // a String takes everything
        text
    })
}
