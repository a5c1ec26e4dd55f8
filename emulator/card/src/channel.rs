//! Logical channels: what is selected on each, and what is going on there [GPCS 2.3.1 §6.4.3].

use globalplatform::command::{StatusScope, StoreDataFormat};
use iso7816::{Aid, Header};

use crate::{domain::Authority, secure_channel::Session, state::Domain};

/// Most logical channels of a card, the basic one included [GPCS 2.3.1 §11.1.4].
pub(crate) const CHANNEL_COUNT: usize = 20;
/// Longest chain of command segments, in bytes of data [GPCS 2.3.1 §11.1.5.1].
pub(crate) const CHAIN_LENGTH_MAX: usize = 2048;

/// What is selected on a logical channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    /// A security domain.
    Domain(Domain),
    /// An application instance.
    Application(Aid),
    /// Nothing: the application refused.
    Nothing,
}

/// Segments of a command that is still coming.
pub(crate) struct Chain {
    /// The header that each segment must have, P1 without "more commands".
    pub(crate) header: Header,
    pub(crate) data: Vec<u8>,
}

/// A GET STATUS that has more to say [GPCS 2.3.1 §11.4.2.2].
#[derive(Clone)]
pub(crate) struct StatusSearch {
    pub(crate) scope: StatusScope,
    /// Whether entries come as data objects.
    pub(crate) tlv: bool,
    /// What the AIDs begin with.
    pub(crate) name: Vec<u8>,
    pub(crate) tags: Option<Vec<u32>>,
    /// The last AID that was told.
    pub(crate) last: Aid,
}

/// A load file that is being received [GPCS 2.3.1 §9.3.5].
pub(crate) struct Load {
    pub(crate) aid: Aid,
    /// The domain that the load file is going to be associated with.
    pub(crate) domain: Domain,
    /// On whose word.
    pub(crate) authority: Authority,
    /// The first command of a combined process, as a token signs it: INSTALL [for install] follows.
    pub(crate) combined: Option<Vec<u8>>,
    /// Hash of the load file data block that INSTALL told; may be empty.
    pub(crate) hash: Vec<u8>,
    /// Number that the next block must have.
    pub(crate) next_block: usize,
    pub(crate) bytes: Vec<u8>,
}

impl Load {
    /// Nothing has come yet.
    pub(crate) const fn new(aid: Aid, domain: Domain, hash: Vec<u8>) -> Self {
        Self {
            aid,
            domain,
            authority: Authority::Own,
            combined: None,
            hash,
            next_block: 0,
            bytes: Vec::new(),
        }
    }
}

/// STORE DATA that has more blocks to come [GPCS 2.3.1 §11.11].
pub(crate) struct Store {
    /// Structure of the data; the same for all blocks.
    pub(crate) format: StoreDataFormat,
    pub(crate) next_block: usize,
    pub(crate) bytes: Vec<u8>,
}

/// An open logical channel. All of it is gone at reset; all but the selection at SELECT.
pub(crate) struct LogicalChannel {
    pub(crate) selected: Selected,
    pub(crate) session: Session,
    pub(crate) chain: Option<Chain>,
    pub(crate) search: Option<StatusSearch>,
    pub(crate) load: Option<Load>,
    pub(crate) store: Option<Store>,
    /// The load file of a combined process, complete and waiting for its INSTALL [for install] [GPCS 2.3.1 §9.3.4].
    pub(crate) loaded: Option<Load>,
    /// The application, or the security domain, to which STORE DATA is passed on.
    pub(crate) personalizing: Option<Aid>,
}

impl LogicalChannel {
    pub(crate) const fn new(selected: Selected) -> Self {
        Self {
            selected,
            session: Session::None,
            chain: None,
            search: None,
            load: None,
            store: None,
            loaded: None,
            personalizing: None,
        }
    }

    /// What was under way in a session ends with it.
    pub(crate) fn forget_processes(&mut self) {
        (self.search, self.load, self.store) = (None, None, None);
        (self.personalizing, self.loaded) = (None, None);
    }
}
