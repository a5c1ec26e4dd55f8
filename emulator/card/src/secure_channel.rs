//! The secure channel service of a security domain: its own commands and its applications' commands go through it
//! [GPCS 2.3.1 §10].
//!
//! There is one session per logical channel. A wrong cryptogram or MAC closes it; so do SELECT, reset and INITIALIZE UPDATE. Where the
//! default key set initiates its sessions implicitly, the first command with a C-MAC opens one [GPCS 2.3.1 §E.1.2.2].

use faults::Fault;
use globalplatform::{
    command::{CommandError, KeyComponent, is_secret},
    scp::{
        Protocol, ScpError, SecurityLevel,
        card::{Channel, Handshake, ImplicitHandshake, Pending},
    },
};
use iso7816::{Aid, Command, Response, StatusWord};
use zeroize::Zeroizing;

use crate::{
    nvm::WriteLog,
    profile::Personality,
    random::Random,
    state::{self, Domain, KeySetRecord, Registry, default_key_set},
    trace::Event,
};

/// The session of one logical channel.
#[derive(Default)]
pub(crate) enum Session {
    /// No secure channel.
    #[default]
    None,
    /// INITIALIZE UPDATE was answered; EXTERNAL AUTHENTICATE is awaited.
    Pending { pending: Box<Pending>, domain: Domain, version: u8, counter: u32 },
    /// Open, or closed by a wrong MAC: then the channel itself refuses everything.
    Open(Box<Channel>),
}

impl Session {
    pub(crate) fn level(&self) -> SecurityLevel {
        match self {
            Self::Open(channel) => channel.level(),
            _ => SecurityLevel::empty(),
        }
    }

    /// Whether there is a session, and no wrong MAC has closed it.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Open(channel) if channel.is_open())
    }

    /// Whether a command may begin a session implicitly here: there is none, an implicit one was closed by a wrong MAC, or one goes on
    /// without C-MAC. After INITIALIZE UPDATE, and in a session that it began, there is no other.
    fn may_begin_with(&self, command: &Command) -> bool {
        command.header.secure_messaging()
            && match self {
                Self::None => true,
                Self::Pending { .. } => false,
                Self::Open(channel) if channel.is_open() => channel.is_begun_anew_by(command),
                Self::Open(channel) => channel.protocol().is_implicit(),
            }
    }

    /// Checks and decrypts a command of the session.
    pub(crate) fn unwrap(&mut self, command: &Command) -> Result<Command, StatusWord> {
        match self {
            Self::Open(channel) => channel.unwrap(command).map_err(|error| error.status()),
            _ => Err(StatusWord::SECURITY_STATUS),
        }
    }

    /// Protects the response to the command that was unwrapped last.
    pub(crate) fn wrap(&mut self, response: Response) -> Result<Response, StatusWord> {
        match self {
            Self::Open(channel) if channel.is_open() => {
                channel.wrap(response).map_err(|error| error.status())
            }
            _ => Ok(response),
        }
    }

    /// The plain value of a component of PUT KEY: what is secret came under this session's data encryption key
    /// [GPCS 2.3.1 §11.8.2.3.2].
    pub(crate) fn component_value(
        &self,
        component: &KeyComponent,
    ) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let Self::Open(channel) = self else { return Err(ScpError::ChannelClosed.into()) };
        if !is_secret(component.key_type) {
            return Ok(Zeroizing::new(component.block.clone()));
        }
        let block_length = channel.keys()?.enc.algorithm().block_length();
        component.decrypt_value(block_length, |block| self.decrypt_key(block))
    }

    /// A key, or a component of one, under the data encryption key; its padding stays.
    pub(crate) fn decrypt_key(&self, block: &[u8]) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let Self::Open(channel) = self else { return Err(ScpError::ChannelClosed.into()) };
        channel.decrypt_sensitive(block).map_err(|error| match error {
            ScpError::Key(error) => error.into(),
            other => other.into(),
        })
    }

    pub(crate) fn encrypt(&self, data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        match self {
            Self::Open(channel) => channel.encrypt_sensitive(data).map_err(|error| match error {
                ScpError::Key(_) => StatusWord::WRONG_DATA,
                other => other.status(),
            }),
            _ => Err(StatusWord::SECURITY_STATUS),
        }
    }

    pub(crate) fn decrypt(&self, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, StatusWord> {
        match self {
            Self::Open(channel) => channel.decrypt_sensitive(data).map_err(|error| match error {
                ScpError::Key(_) => StatusWord::WRONG_DATA,
                other => other.status(),
            }),
            _ => Err(StatusWord::SECURITY_STATUS),
        }
    }
}

/// What an application gets of its security domain: the domain opens and operates the channel, the application decides which
/// commands must come through it [GPCS 2.3.1 §7.6, §10.2].
pub struct SecureChannel<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) log: &'a mut WriteLog,
    pub(crate) random: &'a mut dyn Random,
    pub(crate) personality: &'a Personality,
    pub(crate) registry: &'a Registry,
    /// The application, or the security domain, that is selected on the logical channel.
    pub(crate) selected: Aid,
}

impl SecureChannel<'_> {
    /// The domain whose keys are used. Looked up when a session begins: most commands begin none.
    fn domain(&self) -> Domain {
        let own = self.registry.domain(self.selected);
        let domain = own.unwrap_or_else(|| self.registry.associated(self.selected));
        self.registry.key_domain(self.log, domain)
    }

    /// Whether the keys of a set are for the one who asks.
    fn admits(&self, set: &KeySetRecord) -> bool {
        set.admits(self.registry.domain(self.selected).is_none())
    }

    /// Obeys INITIALIZE UPDATE: returns the data of the response and waits for EXTERNAL AUTHENTICATE. A session that was there is
    /// closed, also when the command fails [GPCS 2.3.1 §D.4.1, §E.5.1, AmdD 1.1.1 §7.1.1].
    ///
    /// The key set of version P1 is used, or the first complete one for 00. Under SCP03 the counter is stored before the answer.
    ///
    /// # Errors
    /// 6A88 when there is no such key set, or its keys are not for the one who asks, 6700 for a host challenge of the wrong length, 6985 when the counter is exhausted or the
    /// key set initiates its sessions implicitly.
    pub fn initialize_update(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        if !faults::active(Fault::FailedInitializeUpdateKeepsSession) {
            *self.session = Session::None;
        }
        let domain = self.domain();
        let default = || default_key_set(self.log, domain);
        let set = match command.header.p1 {
            0 => default(),
            version => KeySetRecord::load(self.log, domain, version).or_else(|| {
                default().filter(|_| faults::active(Fault::UnknownKeyVersionFallsBack))
            }),
        }
        .filter(|set| self.admits(set))
        .ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let (protocol, keys) = set.channel_keys().ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let version = set.version;
        if protocol.is_implicit() {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let mut host_challenge = command.data.clone();
        if host_challenge.len() != protocol.mac_length() {
            if !faults::active(Fault::HostChallengeLengthNotChecked) {
                return Err(StatusWord::WRONG_LENGTH);
            }
            host_challenge.resize(protocol.mac_length(), 0);
        }
        let stored = KeySetRecord::counter(self.log, domain, version);
        let next = Handshake::next_counter(protocol, stored).map_err(|error| error.status())?;
        let counts_now = protocol.id() == 3
            && protocol.pseudo_random_challenge()
            && !faults::active(Fault::Scp03CounterNotCounted);
        if counts_now || protocol.id() == 2 && faults::active(Fault::Scp02CounterCountsUpdates) {
            KeySetRecord::advance_counter(self.log, domain, version, next)?;
        }
        let mut random = [0; 16];
        self.random.fill(&mut random);
        let handshake = Handshake {
            keys: &keys,
            key_version: version,
            protocol,
            kdd: state::diversification_data(self.log, self.personality, domain),
            sequence_counter: if counts_now { next } else { stored },
            aid: self.selected,
            random,
        };
        let (answer, pending) =
            handshake.initialize_update(&host_challenge).map_err(|error| error.status())?;
        let pending = Box::new(pending);
        *self.session = Session::Pending { pending, domain, version, counter: next };
        Ok(answer)
    }

    /// Obeys EXTERNAL AUTHENTICATE: opens the channel at the security level in P1. Under SCP02 the counter is stored before that
    /// [GPCS 2.3.1 §D.4.2, §E.5.2, AmdD 1.1.1 §7.1.2].
    ///
    /// # Errors
    /// 6985 when no INITIALIZE UPDATE came before, or (SCP02) another session was opened since; 6300 for a wrong host cryptogram, 6982 for a wrong C-MAC, 6A86 for a level that
    /// is not offered, 6700.
    pub fn external_authenticate(&mut self, command: &Command) -> Result<(), StatusWord> {
        let Session::Pending { pending, domain, version, counter } = core::mem::take(self.session)
        else {
            if faults::active(Fault::AuthenticateWithoutUpdate) {
                return Ok(());
            }
            return Err(StatusWord::CONDITIONS_OF_USE);
        };
        let protocol = pending.protocol();
        let opened = pending.external_authenticate(command);
        if protocol.id() == 2
            && opened.as_ref().is_err_and(|error| *error == ScpError::CommandMacMismatch)
            && faults::active(Fault::Scp02CounterCountsFailures)
        {
            KeySetRecord::advance_counter(self.log, domain, version, counter)?;
        }
        let channel = opened.map_err(|error| error.status())?;
        if protocol.id() == 2 && !faults::active(Fault::Scp02CounterNotCounted) {
            // Another logical channel may have counted since INITIALIZE UPDATE: a counter that was used never comes back.
            let stored = KeySetRecord::counter(self.log, domain, version);
            let counted = Handshake::next_counter(protocol, stored) != Ok(counter);
            if counted && !faults::active(Fault::Scp02CounterCountsUpdates) {
                return Err(StatusWord::CONDITIONS_OF_USE);
            }
            KeySetRecord::advance_counter(self.log, domain, version, counter)?;
        }
        *self.session = Session::Open(Box::new(channel));
        Ok(())
    }

    /// Checks and decrypts a command according to the session's security level. Its CLA comes back without secure messaging.
    ///
    /// Where the default key set initiates its sessions implicitly, the first command with a C-MAC opens one, and the counter is stored
    /// before the command comes back; a command without ends the C-MACs, not the authentication; the next one with a C-MAC opens another
    /// session [GPCS 2.3.1 §E.1.2.2].
    ///
    /// # Errors
    /// 6982 when there is no session, or the protection is wrong; then the session is closed. 6985 when the counter is exhausted.
    pub fn unwrap(&mut self, command: &Command) -> Result<Command, StatusWord> {
        let command = match self.implicit_set(command) {
            Some(set) => self.begin(&set, command)?,
            None => self.session.unwrap(command)?,
        };
        let level = self.session.level();
        self.log.trace.note(|| Event::Unwrapped { command: command.clone(), level });
        Ok(command)
    }

    /// The default key set, when the command begins a session with it.
    pub(crate) fn implicit_set(&self, command: &Command) -> Option<KeySetRecord> {
        if !self.session.may_begin_with(command) {
            return None;
        }
        let set = default_key_set(self.log, self.domain()).filter(|set| self.admits(set))?;
        set.protocol().is_some_and(Protocol::is_implicit).then_some(set)
    }

    fn begin(&mut self, set: &KeySetRecord, command: &Command) -> Result<Command, StatusWord> {
        *self.session = Session::None;
        let (protocol, keys) = set.channel_keys().ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let domain = self.domain();
        let stored = KeySetRecord::counter(self.log, domain, set.version);
        let next = Handshake::next_counter(protocol, stored).map_err(|error| error.status())?;
        let (keys, sequence_counter, aid) = (&keys, stored, self.selected);
        let handshake = ImplicitHandshake { keys, protocol, sequence_counter, aid };
        let (channel, plain) = handshake.first_command(command).map_err(|error| error.status())?;
        KeySetRecord::advance_counter(self.log, domain, set.version, next)?;
        *self.session = Session::Open(Box::new(channel));
        Ok(plain)
    }

    /// Protects a response according to the session's security level; each response to an unwrapped command must go through here.
    ///
    /// # Errors
    /// A status word when the session lacks what its level asks for.
    pub fn wrap(&mut self, response: Response) -> Result<Response, StatusWord> {
        if self.session.is_open() {
            self.log.trace.note(|| Event::Wrapped { response: response.clone() });
        }
        self.session.wrap(response)
    }

    /// Obeys BEGIN or END R-MAC SESSION, already unwrapped; it takes effect with [`wrap`](Self::wrap)
    /// [GPCS 2.3.1 §E.5.3, §E.5.4].
    ///
    /// # Errors
    /// 6982 without a session, others as the protocol refuses it.
    pub fn rmac_session(&self, command: &Command) -> Result<Response, StatusWord> {
        match &*self.session {
            Session::Open(channel) => channel.rmac_session(command).map_err(|error| error.status()),
            _ => Err(StatusWord::SECURITY_STATUS),
        }
    }

    /// Decrypts sensitive data (a key, a PIN) under the session's data encryption key. The padding, if any, stays.
    ///
    /// # Errors
    /// 6982 without a session, 6A80 when the data are no whole number of blocks.
    pub fn decrypt(&self, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, StatusWord> {
        self.session.decrypt(data)
    }

    /// The security level in force, with `AUTHENTICATED`; empty when there is no open session.
    #[must_use]
    pub fn security_level(&self) -> SecurityLevel {
        self.session.level()
    }

    /// Closes the session [GPCS 2.3.1 §10.2.3].
    pub fn close(&mut self) {
        *self.session = Session::None;
    }
}
