//! The registry as the specification describes it, in as few words as possible; it knows nothing of how the card keeps it.

use std::collections::BTreeMap;

use card::{DOMAIN_LOAD_FILE, DOMAIN_MODULE};
use globalplatform::data::Privileges;
use iso7816::{Aid, StatusWord};

use crate::{
    memo::{MEMO, MEMO_APPLET},
    support::{ISD, MODULE, PACKAGE},
};

pub(super) const INSTALLED: u8 = 0x03;
pub(super) const SELECTABLE: u8 = 0x07;
pub(super) const PERSONALIZED: u8 = 0x0F;
pub(super) const LOCKED: u8 = 0x80;
pub(super) const SECURED: u8 = 0x0F;
pub(super) const CARD_LOCKED: u8 = 0x7F;
const REFUSED: StatusWord = StatusWord::CONDITIONS_OF_USE;
const UNKNOWN: StatusWord = StatusWord::REFERENCED_DATA_NOT_FOUND;
const WRONG: StatusWord = StatusWord::WRONG_DATA;

/// Load file, module, version, and whether it is in ROM.
pub(super) const FILES: [(Aid, Aid, bool); 3] =
    [(MEMO, MEMO_APPLET, false), (PACKAGE, MODULE, true), (DOMAIN_LOAD_FILE, DOMAIN_MODULE, true)];

/// An application or a supplementary domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) file: Aid,
    pub(super) life: u8,
    pub(super) privileges: Privileges,
    /// AID of its domain.
    pub(super) domain: Aid,
    /// Of a domain: whether it has keys of its own.
    pub(super) keyed: bool,
}

impl Entry {
    fn is_domain(&self) -> bool {
        self.privileges.contains(Privileges::SECURITY_DOMAIN)
    }

    fn is_selectable(&self) -> bool {
        self.life & LOCKED == 0 && self.life & SELECTABLE == SELECTABLE
    }
}

/// What is on the card.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) card: u8,
    pub(super) entries: BTreeMap<Aid, Entry>,
    /// Loaded files and their domains.
    pub(super) loaded: BTreeMap<Aid, Aid>,
    /// What is selected on each logical channel that is open.
    pub(super) channels: Vec<Option<Aid>>,
}

type Outcome = Result<(), StatusWord>;

impl Model {
    pub(super) fn new(card: u8, channels: usize) -> Self {
        let mut model = Self {
            card,
            entries: BTreeMap::new(),
            loaded: BTreeMap::new(),
            channels: vec![None; channels],
        };
        model.reset();
        model
    }

    fn entry(&self, aid: Aid) -> Result<&Entry, StatusWord> {
        self.entries.get(&aid).ok_or(UNKNOWN)
    }

    fn change(&mut self, aid: Aid) -> &mut Entry {
        self.entries.get_mut(&aid).unwrap()
    }

    pub(super) fn privileges(&self, domain: Aid) -> Privileges {
        if domain != ISD {
            return self.entries[&domain].privileges;
        }
        let given = self.holder().is_some();
        let all = Privileges::from_bits_retain(0x9E_FE_80);
        if given { all - Privileges::CARD_RESET } else { all }
    }

    /// Who is selected by default.
    fn holder(&self) -> Option<Aid> {
        let mut entries = self.entries.iter();
        let holds = |entry: &Entry| entry.privileges.contains(Privileges::CARD_RESET);
        entries.find(|(_, entry)| holds(entry)).map(|(aid, _)| *aid)
    }

    pub(super) fn associated(&self, object: Aid) -> Aid {
        let entry = self.entries.get(&object).map(|entry| entry.domain);
        entry.or_else(|| self.loaded.get(&object).copied()).unwrap_or(ISD)
    }

    /// The domain and those above it.
    fn line(&self, domain: Aid) -> Vec<Aid> {
        let mut line = vec![domain];
        loop {
            let last = line[line.len() - 1];
            let above = self.associated(last);
            if last == ISD || above == last {
                return line;
            }
            line.push(above);
        }
    }

    fn governs(&self, domain: Aid, other: Aid) -> bool {
        self.line(other).contains(&domain)
    }

    fn check(holds: bool, otherwise: StatusWord) -> Outcome {
        if holds { Ok(()) } else { Err(otherwise) }
    }

    /// Whose keys open a channel with the domain, if any do.
    pub(super) fn key_domain(&self, domain: Aid) -> Option<Aid> {
        let keyed = |aid: &Aid| *aid == ISD || self.entries[aid].keyed;
        self.line(domain).into_iter().find(keyed)
    }

    pub(super) fn sees(&self, domain: Aid, object: Aid) -> bool {
        self.privileges(domain).contains(Privileges::GLOBAL_REGISTRY)
            || domain == object
            || self.governs(domain, self.associated(object))
    }

    fn may_manage(&self, domain: Aid) -> Outcome {
        Self::check(self.card <= SECURED, REFUSED)?;
        let privileges = self.privileges(domain);
        Self::check(privileges.contains(Privileges::AUTHORIZED_MANAGEMENT), REFUSED)
    }

    fn is_file_in_use(&self, aid: Aid) -> bool {
        self.entries.values().any(|entry| entry.file == aid)
    }

    /// A domain that may be given content.
    fn is_ready(&self, domain: Aid) -> Outcome {
        if domain == ISD {
            return Ok(());
        }
        let entry = self.entry(domain)?;
        Self::check(entry.is_domain(), UNKNOWN)?;
        Self::check(entry.life == PERSONALIZED, REFUSED)
    }

    pub(super) fn install_for_load(&self, who: Aid, file: Aid, to: Option<Aid>) -> Outcome {
        self.may_manage(who)?;
        let to = to.unwrap_or(who);
        self.is_ready(to)?;
        let free = !self.entries.contains_key(&file)
            && file != ISD
            && file != DOMAIN_LOAD_FILE
            && !self.loaded.contains_key(&file)
            && !self.is_file_in_use(file);
        Self::check(self.governs(who, to) && free, REFUSED)
    }

    pub(super) fn load(&mut self, who: Aid, file: Aid, to: Option<Aid>) {
        self.loaded.insert(file, to.unwrap_or(who));
    }

    fn check_privileges(&self, aid: Aid, is_domain: bool, privileges: Privileges) -> Outcome {
        let managing = privileges.contains(Privileges::AUTHORIZED_MANAGEMENT);
        let fit = privileges.contains(Privileges::SECURITY_DOMAIN) == is_domain
            && (is_domain || !managing);
        Self::check(fit, WRONG)?;
        let another = self.holder().is_some_and(|holder| holder != aid);
        Self::check(!privileges.contains(Privileges::CARD_RESET) || !another, REFUSED)
    }

    pub(super) fn install(
        &mut self,
        who: Aid,
        (file, module, rom): (Aid, Aid, bool),
        aid: Aid,
        privileges: Privileges,
        make_selectable: bool,
    ) -> Outcome {
        self.may_manage(who)?;
        Self::check(rom || self.loaded.contains_key(&file), UNKNOWN)?;
        // A load file in ROM is anybody's, until somebody loads it.
        let domain = self.loaded.get(&file).copied();
        domain.map_or_else(|| self.is_ready(who), |_| Ok(()))?;
        let domain = domain.unwrap_or(who);
        Self::check(self.governs(who, domain), REFUSED)?;
        self.check_privileges(aid, module == DOMAIN_MODULE, privileges)?;
        Self::check(make_selectable || !privileges.contains(Privileges::CARD_RESET), WRONG)?;
        let taken = aid == ISD
            || self.entries.contains_key(&aid)
            || self.loaded.contains_key(&aid)
            || FILES.iter().any(|(file, _, rom)| *rom && *file == aid);
        Self::check(!taken, REFUSED)?;
        let life = if make_selectable { SELECTABLE } else { INSTALLED };
        self.entries.insert(aid, Entry { file, life, privileges, domain, keyed: false });
        Ok(())
    }

    pub(super) fn make_selectable(&mut self, who: Aid, aid: Aid) -> Outcome {
        self.may_manage(who)?;
        let entry = self.entry(aid)?;
        let may = self.governs(who, entry.domain) && entry.life == INSTALLED;
        Self::check(may, REFUSED)?;
        self.change(aid).life = SELECTABLE;
        Ok(())
    }

    pub(super) fn extradite(&mut self, who: Aid, object: Aid, to: Aid) -> Outcome {
        self.may_manage(who)?;
        let is_loaded = self.loaded.contains_key(&object);
        if !self.entries.contains_key(&object) && !is_loaded {
            let fixed = object == ISD || FILES.iter().any(|(file, _, rom)| *rom && *file == object);
            return Err(if fixed { REFUSED } else { UNKNOWN });
        }
        self.is_ready(to)?;
        let circle = to != object && self.line(to).contains(&object);
        Self::check(self.governs(who, self.associated(object)) && !circle, REFUSED)?;
        match self.entries.get_mut(&object) {
            Some(entry) => entry.domain = to,
            None => drop(self.loaded.insert(object, to)),
        }
        Ok(())
    }

    pub(super) fn update(&mut self, who: Aid, aid: Aid, privileges: Privileges) -> Outcome {
        self.may_manage(who)?;
        Self::check(aid != ISD, WRONG)?;
        Self::check(self.governs(who, self.associated(aid)), REFUSED)?;
        let is_domain = self.entry(aid)?.is_domain();
        self.check_privileges(aid, is_domain, privileges)?;
        self.change(aid).privileges = privileges;
        Ok(())
    }

    pub(super) fn delete(&mut self, who: Aid, object: Aid, related: bool) -> Outcome {
        Self::check(self.card <= SECURED, REFUSED)?;
        let privileges = self.privileges(who);
        let global = privileges.contains(Privileges::GLOBAL_DELETE);
        let managing = privileges.contains(Privileges::AUTHORIZED_MANAGEMENT);
        Self::check((global || managing) && object != ISD, REFUSED)?;
        let in_rom = FILES.iter().any(|(file, _, rom)| *rom && *file == object);
        let known =
            in_rom || self.entries.contains_key(&object) || self.loaded.contains_key(&object);
        Self::check(known, UNKNOWN)?;
        Self::check(global || self.governs(who, self.associated(object)), REFUSED)?;
        // All or nothing.
        let mut after = self.clone();
        after.remove(object, related)?;
        *self = after;
        Ok(())
    }

    fn remove(&mut self, object: Aid, related: bool) -> Outcome {
        let Some(entry) = self.entries.get(&object) else {
            return self.remove_file(object, related);
        };
        Self::check(!self.channels.contains(&Some(object)), REFUSED)?;
        if entry.is_domain() {
            let of_it = |domain: &Aid| *domain == object;
            let entries = self.entries.iter().filter(|(_, entry)| of_it(&entry.domain));
            let mut content: Vec<Aid> = entries.map(|(aid, _)| *aid).collect();
            content.extend(self.loaded.iter().filter(|(_, of)| of_it(of)).map(|(aid, _)| *aid));
            content.retain(|aid| *aid != object);
            Self::check(related || content.is_empty(), REFUSED)?;
            for aid in content {
                let below = self.entries.get(&aid).is_some_and(Entry::is_domain);
                self.remove(aid, below)?;
            }
        }
        self.entries.remove(&object);
        Ok(())
    }

    fn remove_file(&mut self, file: Aid, related: bool) -> Outcome {
        let instances = self.entries.iter().filter(|(_, entry)| entry.file == file);
        let instances: Vec<Aid> = instances.map(|(aid, _)| *aid).collect();
        let may = self.loaded.contains_key(&file) && (related || instances.is_empty());
        Self::check(may, REFUSED)?;
        instances.into_iter().try_for_each(|instance| self.remove(instance, false))?;
        self.loaded.remove(&file);
        Ok(())
    }

    fn may_lock(&self, who: Aid, aid: Aid) -> Outcome {
        let global = self.privileges(who).contains(Privileges::GLOBAL_LOCK);
        Self::check(global || self.governs(who, self.associated(aid)), REFUSED)
    }

    pub(super) fn lock(&mut self, who: Aid, aid: Aid, lock: bool) -> Outcome {
        Self::check(self.card <= SECURED && aid != ISD, REFUSED)?;
        let life = self.entry(aid)?.life;
        if aid == who {
            // It locks itself; whoever is locked is not heard.
            Self::check(lock, REFUSED)?;
        } else {
            self.may_lock(who, aid)?;
            Self::check((life & LOCKED != 0) != lock, REFUSED)?;
        }
        self.change(aid).life ^= LOCKED;
        Ok(())
    }

    pub(super) fn lock_all(&mut self, who: Aid, domain: Aid, lock: bool) -> Outcome {
        Self::check(self.card <= SECURED, REFUSED)?;
        let is_domain = domain == ISD || self.entries.get(&domain).is_some_and(Entry::is_domain);
        Self::check(is_domain, UNKNOWN)?;
        let below = |aid: &Aid| *aid == domain || self.governs(domain, self.associated(*aid));
        let all: Vec<Aid> = self.entries.keys().copied().filter(below).collect();
        if who != domain {
            all.iter().try_for_each(|aid| self.may_lock(who, *aid))?;
        }
        for aid in all {
            let entry = self.change(aid);
            entry.life = if lock { entry.life | LOCKED } else { entry.life & !LOCKED };
        }
        Ok(())
    }

    pub(super) fn set_card(&mut self, who: Aid, next: u8) -> Outcome {
        let known = [(1, 7), (1, 0x0F), (7, 0x0F), (0x0F, 0x7F), (0x7F, 0x0F)];
        let locks = self.card == CARD_LOCKED || next == CARD_LOCKED;
        let may =
            if locks { self.privileges(who).contains(Privileges::CARD_LOCK) } else { who == ISD };
        Self::check(may && known.contains(&(self.card, next)), REFUSED)?;
        self.card = next;
        Ok(())
    }

    /// A domain is given keys of its own; it may have none yet.
    pub(super) fn put_key(&mut self, who: Aid) -> Outcome {
        Self::check(self.card <= SECURED, REFUSED)?;
        let entry = self.change(who);
        Self::check(!entry.keyed, WRONG)?;
        entry.keyed = true;
        if entry.life == SELECTABLE {
            entry.life = PERSONALIZED;
        }
        Ok(())
    }

    pub(super) fn personalize(&mut self, who: Aid) -> Outcome {
        Self::check(self.card <= SECURED, REFUSED)?;
        Self::check(self.entry(who)?.life == SELECTABLE, REFUSED)?;
        self.change(who).life = PERSONALIZED;
        Ok(())
    }

    /// Whether the applet's package is active on another channel: one in ROM if it is selected itself.
    fn is_busy(&self, channel: usize, aid: Aid) -> bool {
        let entry = &self.entries[&aid];
        let same = |other: Aid| {
            other == aid
                || entry.file == MEMO
                    && self.entries.get(&other).is_some_and(|other| other.file == MEMO)
        };
        let mut others = self.channels.iter().enumerate().filter(|(index, _)| *index != channel);
        others.any(|(_, selected)| selected.is_some_and(same))
    }

    /// SELECT; `None`: an applet that takes a SELECT of something unknown answers what it likes.
    pub(super) fn select(&mut self, channel: usize, aid: Aid) -> Option<Outcome> {
        let Some(current) = self.channels[channel] else {
            return Some(Err(StatusWord::CHANNEL_NOT_SUPPORTED));
        };
        let entry = self.entries.get(&aid).filter(|entry| entry.is_selectable());
        if aid != ISD && entry.is_none() {
            let taken = self.entries.get(&current).is_some_and(|entry| entry.file == MEMO);
            return if taken { None } else { Some(Err(StatusWord::NOT_FOUND)) };
        }
        if self.card == CARD_LOCKED && aid != ISD {
            return Some(Err(StatusWord::FUNCTION_NOT_SUPPORTED));
        }
        if entry.is_some_and(|entry| !entry.is_domain()) && self.is_busy(channel, aid) {
            return Some(Err(REFUSED));
        }
        self.channels[channel] = Some(aid);
        let locked = self.card == CARD_LOCKED;
        Some(Self::check(!locked, StatusWord::CARD_LOCKED))
    }

    /// What a channel begins with.
    fn begin(&mut self, channel: usize) {
        let holder = self.holder().filter(|aid| self.entries[aid].is_selectable());
        let holder = holder.filter(|_| self.card <= SECURED);
        let free =
            holder.filter(|aid| self.entries[aid].is_domain() || !self.is_busy(channel, *aid));
        self.channels[channel] = Some(free.unwrap_or(ISD));
    }

    /// MANAGE CHANNEL from the basic channel: opens the first that is closed.
    pub(super) fn open(&mut self) -> Outcome {
        let closed = self.channels.iter().position(Option::is_none);
        Self::check(self.card <= SECURED, StatusWord::FUNCTION_NOT_SUPPORTED)?;
        self.begin(closed.ok_or(StatusWord::FUNCTION_NOT_SUPPORTED)?);
        Ok(())
    }

    pub(super) fn close(&mut self, channel: usize) -> Outcome {
        let open = self.channels[channel].take().is_some();
        Self::check(open, StatusWord::CHANNEL_ALREADY_CLOSED)
    }

    pub(super) fn reset(&mut self) {
        self.channels.iter_mut().for_each(|channel| *channel = None);
        self.begin(0);
    }
}
