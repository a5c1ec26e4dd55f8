//! Who may manage content, and on whose word [GPCS 2.3.1 §9.1.3].
//!
//! Every content management command asks here before it changes anything, and ends here with what it answers. A domain with Authorized
//! Management acts on its own word. A domain with Delegated Management needs a token of the issuer.

use faults::Fault;
use globalplatform::data::{Privileges, Restrictions};
use iso7816::{Aid, Command, StatusWord};

use super::Receiver;
use crate::{authority::AuthorityError, card::Card, state::Domain};

/// On whose word a command is obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The domain's own.
    Own,
    /// That of a token which comes with the last command of a combined process.
    Promised,
    /// That of a token.
    Token {
        /// The domain that makes receipts, if any does.
        receipts: Option<Domain>,
        /// The number of the token, if it has one.
        identifier: Option<Vec<u8>>,
    },
}

/// A command that changes content: what it does, and the token that came with it.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) operation: Restrictions,
    /// The plain command.
    pub(super) command: &'a Command,
    /// The token; may be empty.
    pub(super) token: &'a [u8],
    /// For whom the token is, and which it is: the value of B6; may be empty.
    pub(super) reference: &'a [u8],
    /// Which command of a combined process it is.
    pub(super) combined: Combined<'a>,
}

/// Commands that are authorised together [GPCS 2.3.1 §9.3.4].
#[derive(Clone, Copy)]
pub(super) enum Combined<'a> {
    /// A command by itself.
    No,
    /// The first command: its token comes with the last.
    Begins,
    /// The last command, and what its token signs of the first.
    Ends(&'a [u8]),
}

/// What was done: what a receipt confirms [GPCS 2.3.1 §C.5].
#[derive(Clone, Copy, Debug)]
pub(super) enum Done {
    /// A load file is there.
    Loaded { load_file: Aid, domain: Domain },
    /// An instance is there, or has become selectable.
    Installed { load_file: Aid, instance: Aid },
    /// The last command of a combined process.
    Combined { load_file: Aid, instance: Aid, domain: Domain },
    /// An application or a load file belongs to another domain.
    Extradited { from: Domain, object: Aid, to: Domain },
    /// An entry of the registry changed: whose it was and is, where it moved, and its privileges, where they changed.
    Updated { object: Aid, moved: Option<(Domain, Domain)>, privileges: Option<Privileges> },
    /// An application or a load file is gone.
    Deleted { object: Aid },
    /// Nothing that is confirmed.
    Unconfirmed,
}

impl Card {
    /// Refuses a command for which the receiving domain has no authority, or which the card was told not to obey any more.
    pub(super) fn authorize(
        &self,
        receiver: Receiver,
        request: Request<'_>,
    ) -> Result<Authority, StatusWord> {
        let own = match receiver.domain {
            Domain::Issuer => 0,
            Domain::Supplementary(aid) => self.entry(aid)?.restrictions,
        };
        let forbidden = Restrictions::from_bits_retain(self.registry.isd.restrictions | own);
        if forbidden.intersects(request.operation) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let privileges = self.registry.privileges_of(receiver.domain);
        if privileges.contains(Privileges::DELEGATED_MANAGEMENT) {
            let authority = self.delegated(receiver.domain, request);
            return authority.map_err(AuthorityError::status);
        }
        let deletes = request.operation == Restrictions::DELETE;
        let authorized = privileges.contains(Privileges::AUTHORIZED_MANAGEMENT)
            || deletes && privileges.contains(Privileges::GLOBAL_DELETE);
        if !authorized && !faults::active(Fault::ManagementNotNeeded) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if !request.token.is_empty() && !faults::active(Fault::NeedlessTokenAccepted) {
            // The domain manages content itself: a token is an error [GPCS 2.3.1 §9.1.3.2].
            return Err(AuthorityError::NeedlessToken.status());
        }
        Ok(Authority::Own)
    }

    /// Refuses to change what stands under another domain.
    pub(super) fn check_governs(
        &self,
        receiver: Receiver,
        other: Domain,
    ) -> Result<(), StatusWord> {
        if self.registry.governs(receiver.domain, other) {
            return Ok(());
        }
        Err(StatusWord::CONDITIONS_OF_USE)
    }
}
