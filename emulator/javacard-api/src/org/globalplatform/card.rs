//! The card's content management, as `org.globalplatform` and `visa.openplatform` need it.

use iso7816::{Command, Response, StatusWord};

/// What becomes of the power after a write of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It failed.
    Lost,
    /// It fails after so many writes from now on; none: it does not.
    FailsAfter(Option<u64>),
}

/// The global PIN, apart from its value [GPCS 2.3.1 §8.2].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GlobalPin {
    /// Most tries; 0: not set.
    pub limit: u8,
    /// Tries that are left.
    pub tries: u8,
    /// Whether it has a value.
    pub has_value: bool,
    /// Whether a value was compared since the card was reset.
    pub submitted: bool,
    /// Whether the last value that was compared was right.
    pub verified: bool,
}

impl GlobalPin {
    /// Whether it can be used: it has a value and a limit.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.has_value && self.limit > 0
    }

    /// Whether no try is left.
    #[must_use]
    pub const fn is_blocked(&self) -> bool {
        self.is_active() && self.tries == 0
    }
}

/// An application or security domain in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Life cycle state.
    pub state: u8,
    /// Privileges.
    pub privileges: [u8; 3],
}

/// The card, as GlobalPlatform describes it. What it refuses, it refuses with the status word of the exception that the applet sees.
///
/// What a card does not implement it does not have: the defaults are those of a card without GlobalPlatform.
pub trait GlobalPlatform {
    /// Tells how many stores the machine has made so far, before the card writes something itself.
    fn stores(&mut self, machine: u64) {
        let _ = machine;
    }

    /// What the writes of the card did to the power.
    fn power(&self) -> Power {
        Power::FailsAfter(None)
    }

    /// Life cycle state of the card.
    fn card_state(&self) -> u8 {
        0
    }

    /// Brings the card into state CARD_LOCKED (7F) or TERMINATED (FF), if the application has the privilege for it. Returns whether
    /// it did.
    ///
    /// # Errors
    /// When the registry cannot be written.
    fn set_card_state(&mut self, application: &[u8], state: u8) -> Result<bool, StatusWord> {
        let _ = (application, state);
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// An entry of the registry.
    fn entry(&self, application: &[u8]) -> Option<Entry> {
        let _ = application;
        None
    }

    /// Changes the life cycle state of an application on behalf of another or itself. Returns whether it did.
    ///
    /// # Errors
    /// When the registry cannot be written.
    fn set_entry_state(
        &mut self,
        caller: &[u8],
        application: &[u8],
        state: u8,
    ) -> Result<bool, StatusWord> {
        let _ = (caller, application, state);
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// AID of the security domain of an application.
    fn security_domain(&self, application: &[u8]) -> Vec<u8> {
        let _ = application;
        Vec::new()
    }

    /// Changes the historical bytes of the answer to reset, if the application has the Card Reset privilege and they fit. Returns
    /// whether it did.
    ///
    /// # Errors
    /// When they cannot be written.
    fn set_historical_bytes(
        &mut self,
        application: &[u8],
        bytes: &[u8],
    ) -> Result<bool, StatusWord> {
        let _ = (application, bytes);
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// The historical bytes of the answer to reset.
    fn historical_bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Card production life cycle data.
    fn cplc(&self) -> Vec<u8> {
        Vec::new()
    }

    // --- secure channel of the logical channel ---

    /// Obeys a command that concerns the secure channel itself: INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, BEGIN and END R-MAC SESSION
    /// (already unwrapped). Returns the data of the answer.
    ///
    /// # Errors
    /// As the protocol refuses it; 6D00 for any other command.
    fn process_security(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        let _ = command;
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// Takes a command out of the secure channel.
    ///
    /// # Errors
    /// 6982.
    fn unwrap(&mut self, command: &Command) -> Result<Command, StatusWord> {
        let _ = command;
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// Puts the response to the command that was unwrapped last into the secure channel.
    ///
    /// # Errors
    /// 6985.
    fn wrap(&mut self, response: Response) -> Result<Response, StatusWord> {
        let _ = response;
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// Decrypts sensitive data under the session's data encryption key.
    ///
    /// # Errors
    /// 6982, 6A80.
    fn decrypt(&mut self, data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let _ = data;
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// Encrypts sensitive data under the session's data encryption key.
    ///
    /// # Errors
    /// 6982, 6A80.
    fn encrypt(&mut self, data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let _ = data;
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// Check value of a DES key of 8, 16 or 24 bytes.
    fn des_check_value(&self, key: &[u8]) -> Option<[u8; 3]>;

    /// Security level of the session: 80 authenticated, 01 C-MAC, 02 C-DECRYPTION, 10 R-MAC, 20 R-ENCRYPTION; 0 when there is none.
    fn security_level(&self) -> u8 {
        0
    }

    /// Ends the session.
    fn reset_security(&mut self) {}

    // --- global PIN ---

    /// The global PIN.
    fn pin(&self) -> GlobalPin {
        GlobalPin::default()
    }

    /// Gives the PIN a value; the tries begin again.
    ///
    /// # Errors
    /// When it cannot be written.
    fn set_pin(&mut self, value: &[u8]) -> Result<(), StatusWord> {
        let _ = value;
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// Sets the most tries, or how many are left, or both.
    ///
    /// # Errors
    /// When it cannot be written.
    fn set_pin_tries(&mut self, limit: u8, tries: u8) -> Result<(), StatusWord> {
        let _ = (limit, tries);
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// Compares a value: the try is counted before. Returns whether it was right.
    ///
    /// # Errors
    /// When the try cannot be counted.
    fn verify_pin(&mut self, value: &[u8]) -> Result<bool, StatusWord> {
        let _ = value;
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// Forgets that the PIN was submitted or verified.
    fn reset_pin(&mut self) {}

    // --- global services ---

    /// Registers a service of an application under its family and number.
    ///
    /// # Errors
    /// 6985 when the application may not, or another one has the service.
    fn register_service(&mut self, application: &[u8], service: u16) -> Result<(), StatusWord> {
        let _ = (application, service);
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// Takes a registered service away.
    ///
    /// # Errors
    /// 6985 when it is not the application's.
    fn deregister_service(&mut self, application: &[u8], service: u16) -> Result<(), StatusWord> {
        let _ = (application, service);
        Err(StatusWord::FUNCTION_NOT_SUPPORTED)
    }

    /// The application with a service: this one, or for an empty AID any.
    fn service(&self, application: &[u8], service: u16) -> Option<Vec<u8>> {
        let _ = (application, service);
        None
    }
}
