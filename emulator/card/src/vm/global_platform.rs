//! GlobalPlatform, as applets in the virtual machine use it [GPCS 2.3.1 §A.2].

use globalplatform::{Key, KeyAlgorithm, data::CardState, scp::SecurityLevel};
use iso7816::{Aid, Command, Response, StatusWord};
use javacard_api::{Entry, GlobalPin, GlobalPlatform, Power};

use super::CardPlatform;
use crate::{
    host,
    nvm::Owner,
    secure_channel::{SecureChannel, Session},
    state::{self, Domain, GlobalPinRecord, IssuerDomain, LOCKED, Registry},
};

const INITIALIZE_UPDATE: u8 = 0x50;
const EXTERNAL_AUTHENTICATE: u8 = 0x82;
const BEGIN_RMAC_SESSION: u8 = 0x7A;
const END_RMAC_SESSION: u8 = 0x78;
/// Privileges in the first byte, and in the second [GPCS 2.3.1 §6.6.1].
const CARD_LOCK: u8 = 0x10;
const CARD_TERMINATE: u8 = 0x08;
const CARD_RESET: u8 = 0x04;
const GLOBAL_LOCK: u8 = 0x08;
const GLOBAL_SERVICE: u8 = 0x01;

impl CardPlatform<'_> {
    fn channel(&mut self) -> SecureChannel<'_> {
        SecureChannel {
            session: &mut *self.session,
            log: &mut *self.log,
            random: &mut *self.random,
            personality: self.personality,
            registry: &*self.registry,
            selected: self.instance,
        }
    }

    fn pin_record(&self) -> GlobalPinRecord {
        GlobalPinRecord::load(self.log)
    }

    fn privileges(&self, application: &[u8]) -> [u8; 3] {
        self.entry(application).map_or([0; 3], |entry| entry.privileges)
    }
}

/// What the registry says of an application or the issuer security domain.
fn entry(registry: &Registry, aid: &[u8]) -> Option<Entry> {
    let aid = Aid::new(aid).ok()?;
    if aid == registry.isd.aid {
        let privileges = registry.privileges_of(Domain::Issuer).to_bytes();
        return Some(Entry { state: registry.isd.life_cycle, privileges });
    }
    let application = registry.application(aid)?;
    Some(Entry { state: application.life_cycle, privileges: application.privileges })
}

impl GlobalPlatform for CardPlatform<'_> {
    fn stores(&mut self, machine: u64) {
        let stores = machine.saturating_sub(self.counted);
        self.log.count_stores(Owner::Instance(self.instance), stores);
        self.counted = machine;
    }

    fn power(&self) -> Power {
        if self.log.power_lost() { Power::Lost } else { Power::FailsAfter(self.log.tear_in()) }
    }

    fn card_state(&self) -> u8 {
        self.registry.isd.life_cycle
    }

    fn set_card_state(&mut self, application: &[u8], state: u8) -> Result<bool, StatusWord> {
        let needed = if state == 0xFF { CARD_TERMINATE } else { CARD_LOCK };
        let [first, ..] = self.privileges(application);
        let current = CardState::from_byte(self.registry.isd.life_cycle);
        let next = CardState::from_byte(state);
        let leads_there = current.zip(next).is_some_and(|(current, next)| current.may_become(next));
        if first & needed == 0 || !leads_there {
            return Ok(false);
        }
        let domain = IssuerDomain { life_cycle: state, ..self.registry.isd.clone() };
        self.registry.put_domain(self.log, domain)?;
        Ok(true)
    }

    fn entry(&self, application: &[u8]) -> Option<Entry> {
        entry(self.registry, application)
    }

    /// Its own state an application changes as [`host::Host::set_life_cycle`] allows it; that of another one it locks and unlocks with
    /// the Global Lock privilege.
    fn set_entry_state(
        &mut self,
        caller: &[u8],
        application: &[u8],
        state: u8,
    ) -> Result<bool, StatusWord> {
        let (Ok(aid), Some(entry)) = (Aid::new(application), self.entry(application)) else {
            return Ok(false);
        };
        let locks = state & LOCKED != 0;
        // Locking leaves the other bits as they are, whatever is asked for.
        let next = if locks { entry.state | LOCKED } else { state };
        if caller == application {
            if !host::may_change(entry.state, next) {
                return Ok(false);
            }
        } else if self.privileges(caller)[1] & GLOBAL_LOCK == 0
            || locks == (entry.state & LOCKED != 0)
            || !locks && state != entry.state & !LOCKED
        {
            return Ok(false);
        }
        if self.registry.application(aid).is_none() {
            return Ok(false);
        }
        self.registry.set_life_cycle(self.log, aid, next)?;
        Ok(true)
    }

    fn security_domain(&self, application: &[u8]) -> Vec<u8> {
        let domain = Aid::new(application).map(|aid| self.registry.associated(aid));
        self.registry.aid_of(domain.unwrap_or_default()).as_bytes().to_vec()
    }

    fn set_historical_bytes(
        &mut self,
        application: &[u8],
        bytes: &[u8],
    ) -> Result<bool, StatusWord> {
        if self.privileges(application)[0] & CARD_RESET == 0 {
            return Ok(false);
        }
        let Some(atr) = state::with_historical_bytes(&self.personality.atr, bytes) else {
            return Ok(false);
        };
        state::save_atr(self.log, &atr)?;
        Ok(true)
    }

    fn historical_bytes(&self) -> Vec<u8> {
        let atr = state::atr(self.log).unwrap_or_else(|| self.personality.atr.clone());
        state::historical_bytes(&atr)
    }

    fn cplc(&self) -> Vec<u8> {
        self.personality.cplc.to_bytes().to_vec()
    }

    fn process_security(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        match command.header.ins {
            INITIALIZE_UPDATE => self.channel().initialize_update(command),
            EXTERNAL_AUTHENTICATE => {
                self.channel().external_authenticate(command).map(|()| Vec::new())
            }
            BEGIN_RMAC_SESSION | END_RMAC_SESSION => {
                self.channel().rmac_session(command).map(|response| response.data)
            }
            _ => Err(StatusWord::INS_NOT_SUPPORTED),
        }
    }

    fn unwrap(&mut self, command: &Command) -> Result<Command, StatusWord> {
        self.channel().unwrap(command)
    }

    fn wrap(&mut self, response: Response) -> Result<Response, StatusWord> {
        self.channel().wrap(response)
    }

    fn decrypt(&mut self, data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.session.decrypt(data).map(|plain| plain.to_vec())
    }

    fn encrypt(&mut self, data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.session.encrypt(data)
    }

    fn des_check_value(&self, key: &[u8]) -> Option<[u8; 3]> {
        // A single DES key is the same as a double one with equal halves.
        let double = if key.len() == 8 { [key, key].concat() } else { key.to_vec() };
        Key::new(KeyAlgorithm::Des3, &double).ok().map(|key| key.check_value())
    }

    fn security_level(&self) -> u8 {
        let level = self.session.level();
        if level.contains(SecurityLevel::AUTHENTICATED) { level.bits() } else { 0 }
    }

    fn reset_security(&mut self) {
        *self.session = Session::None;
    }

    fn pin(&self) -> GlobalPin {
        let record = self.pin_record();
        GlobalPin {
            limit: record.limit,
            tries: record.tries,
            has_value: !record.value.is_empty(),
            submitted: self.pin.submitted,
            verified: self.pin.verified,
        }
    }

    fn set_pin(&mut self, value: &[u8]) -> Result<(), StatusWord> {
        let record = self.pin_record();
        self.reset_pin();
        let tries = record.limit;
        GlobalPinRecord { value: value.to_vec().into(), tries, ..record }.save(self.log)
    }

    fn set_pin_tries(&mut self, limit: u8, tries: u8) -> Result<(), StatusWord> {
        GlobalPinRecord { limit, tries, ..self.pin_record() }.save(self.log)
    }

    fn verify_pin(&mut self, value: &[u8]) -> Result<bool, StatusWord> {
        let record = self.pin_record();
        let tries = record.tries.checked_sub(1).ok_or(StatusWord::METHOD_BLOCKED)?;
        let right = record.matches(value);
        self.pin.submitted = true;
        self.pin.verified = false;
        let limit = record.limit;
        GlobalPinRecord { tries, ..record }.save(self.log)?;
        if right {
            GlobalPinRecord { tries: limit, ..self.pin_record() }.save(self.log)?;
            self.pin.verified = true;
        }
        Ok(right)
    }

    fn reset_pin(&mut self) {
        self.pin.submitted = false;
        self.pin.verified = false;
    }

    fn register_service(&mut self, application: &[u8], service: u16) -> Result<(), StatusWord> {
        let may = self.privileges(application)[1] & GLOBAL_SERVICE != 0;
        if !may || state::service(self.log, service).is_some() {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        state::put_service(self.log, service, application)
    }

    fn deregister_service(&mut self, application: &[u8], service: u16) -> Result<(), StatusWord> {
        if state::service(self.log, service) != Some(application) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        state::delete_service(self.log, service)
    }

    fn service(&self, application: &[u8], service: u16) -> Option<Vec<u8>> {
        let found = state::service(self.log, service)?;
        (application.is_empty() || application == found).then(|| found.to_vec())
    }
}
