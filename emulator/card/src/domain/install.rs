//! INSTALL [GPCS 2.3.1 §9.3, §11.5].

use faults::Fault;
use globalplatform::{
    command::{
        Install, InstallParameters, InstallPurpose, SecurityDomainParameters, token_data_of,
    },
    data::{Privileges, Restrictions},
};
use iso7816::{Aid, Command, Response, StatusWord};

use super::{
    Receiver,
    authorization::{Combined, Done, Request},
    content::{DOMAIN_LOAD_FILE, DOMAIN_MODULE, INSTALLED, SELECTABLE},
    refused,
};
use crate::{
    card::Card,
    channel::Load,
    state::{APPLICATIONS_MAX, Application, Domain, DomainTraits, Quotas},
    trace::{EntryPoint, watched},
};

/// INSTALL [for install] in typed form.
struct Instance {
    load_file: Aid,
    module: Aid,
    aid: Aid,
    privileges: Privileges,
    make_selectable: bool,
}

impl Card {
    pub(super) fn obey_install(
        &mut self,
        receiver: Receiver,
        command: &Command,
    ) -> Result<Response, StatusWord> {
        // A load that was going on ends, complete or not [GPCS 2.3.1 §9.3.5].
        let open = self.channel(receiver.channel)?;
        let loaded = open.loaded.take();
        (open.load, open.personalizing) = (None, None);
        let install = Install::parse(command).map_err(refused)?;
        let parameters =
            InstallParameters::parse(&install.parameters).map_err(|_| StatusWord::WRONG_DATA)?;
        if let InstallPurpose::Personalization { application } = install.purpose {
            return self.install_for_personalization(receiver, application);
        }
        let reference = parameters.control_reference.as_deref().unwrap_or_default();
        let mut request = Request {
            operation: operation(&install.purpose),
            command,
            token: &install.token,
            reference,
            combined: Combined::No,
        };
        if install.combined {
            if matches!(install.purpose, InstallPurpose::Install { .. }) {
                let load = loaded.ok_or(StatusWord::CONDITIONS_OF_USE)?;
                return self.end_combined(receiver, request, load, &install, &parameters);
            }
            request.combined = Combined::Begins;
        }
        let authority = self.authorize(receiver, request)?;
        let done = match install.purpose {
            InstallPurpose::Load { load_file, security_domain, hash } => {
                let domain = match security_domain {
                    Some(aid) => self.domain_for_content(aid)?,
                    None => self.ready_for_content(receiver.domain)?,
                };
                let combined = install.combined.then(|| token_data_of(command)).transpose();
                let combined = combined.map_err(refused)?;
                let load = Load {
                    combined,
                    authority: authority.clone(),
                    ..Load::new(load_file, domain, hash)
                };
                self.begin_load(receiver, load, &parameters)?;
                // The last LOAD is confirmed.
                Done::Unconfirmed
            }
            InstallPurpose::MakeSelectable { instance, privileges } => {
                self.make_selectable(receiver, instance, privileges, &parameters)?
            }
            InstallPurpose::Extradition { security_domain, application } => {
                self.extradite(receiver, application, security_domain)?
            }
            InstallPurpose::RegistryUpdate { security_domain, application, privileges } => self
                .update_registry(receiver, security_domain, application, privileges, &parameters)?,
            purpose => {
                let instance = self.instance(&purpose, None)?;
                self.make_instance(receiver, &instance, &parameters)?
            }
        };
        self.confirm(authority, done, &install.parameters)
    }

    /// The last command of a combined process: load file and instance come to be together, or neither [GPCS 2.3.1 §9.3.4].
    fn end_combined(
        &mut self,
        receiver: Receiver,
        request: Request<'_>,
        load: Load,
        install: &Install,
        parameters: &InstallParameters,
    ) -> Result<Response, StatusWord> {
        let begun = load.combined.clone().unwrap_or_default();
        let request = Request { combined: Combined::Ends(&begun), ..request };
        let authority = self.authorize(receiver, request)?;
        let (load_file, domain) = (load.aid, load.domain);
        self.check_load_file(load_file)?;
        self.finish_load(load)?;
        let instance = self.instance(&install.purpose, Some(load_file))?;
        let aid = instance.aid;
        self.make_instance(receiver, &instance, parameters)?;
        let done = Done::Combined { load_file, instance: aid, domain };
        self.confirm(authority, done, &install.parameters)
    }

    fn instance(
        &self,
        purpose: &InstallPurpose,
        loaded: Option<Aid>,
    ) -> Result<Instance, StatusWord> {
        let InstallPurpose::Install { load_file, module, instance, privileges, make_selectable } =
            purpose
        else {
            return Err(StatusWord::WRONG_P1P2);
        };
        let module = module.ok_or(StatusWord::WRONG_DATA)?;
        let load_file = self.load_file_of(load_file.or(loaded), module)?;
        if loaded.is_some_and(|loaded| loaded != load_file) {
            return Err(StatusWord::WRONG_DATA);
        }
        Ok(Instance {
            load_file,
            module,
            aid: instance.unwrap_or(module),
            privileges: *privileges,
            make_selectable: *make_selectable,
        })
    }

    fn begin_load(
        &mut self,
        receiver: Receiver,
        load: Load,
        parameters: &InstallParameters,
    ) -> Result<(), StatusWord> {
        self.check_governs(receiver, load.domain)?;
        self.check_load_file(load.aid)?;
        self.check_hash_of_load(receiver, &load)?;
        self.check_memory(parameters)?;
        self.channel(receiver.channel)?.load = Some(load);
        Ok(())
    }

    fn make_instance(
        &mut self,
        receiver: Receiver,
        instance: &Instance,
        parameters: &InstallParameters,
    ) -> Result<Done, StatusWord> {
        let Instance { load_file, module, aid, privileges, make_selectable } = *instance;
        let domain = self.domain_of_instances(receiver, load_file)?;
        self.check_memory(parameters)?;
        self.check_privileges(aid, module, privileges)?;
        if !make_selectable
            && privileges.contains(Privileges::CARD_RESET)
            && !faults::active(Fault::DefaultWithoutSelectable)
        {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut entry = Application::installed(aid, load_file, module, domain);
        entry.privileges = privileges.to_bytes();
        if let [_, others @ ..] = &mut entry.privileges
            && faults::active(Fault::PrivilegeBytesLost)
        {
            others.fill(0);
        }
        set_system_parameters(&mut entry, parameters);
        let told = parameters.application.as_deref();
        let told = told.filter(|_| !faults::active(Fault::InstallParametersLost));
        self.install_instance(entry, told.unwrap_or_default())?;
        if make_selectable || faults::active(Fault::InstallMakesSelectable) {
            self.registry.set_life_cycle(&mut self.log, aid, SELECTABLE)?;
        }
        Ok(Done::Installed { load_file, instance: aid })
    }

    /// Instances belong to the domain of their load file. Those of a load file in ROM, which anybody may use, belong to the domain that
    /// makes them [GPCS 2.3.1 §7.2].
    fn domain_of_instances(
        &self,
        receiver: Receiver,
        load_file: Aid,
    ) -> Result<Domain, StatusWord> {
        let anybodys = self.is_in_rom(load_file)
            && self.registry.load_file(load_file).is_none()
            && !self.is_loaded(load_file);
        if anybodys {
            return self.ready_for_content(receiver.domain);
        }
        let domain = self.registry.associated(load_file);
        self.check_governs(receiver, domain)?;
        Ok(domain)
    }

    /// Makes an instance of a module, in state INSTALLED [GPCS 2.3.1 §9.3.6].
    pub(crate) fn install_instance(
        &mut self,
        mut entry: Application,
        parameters: &[u8],
    ) -> Result<(), StatusWord> {
        let Application { aid, load_file, module, privileges, .. } = entry;
        // A load file without code in ROM or machine has the AID of an instance only by mistake, and so has the domain's.
        let again = self.registry.application(aid).is_some()
            && faults::active(Fault::DuplicateInstanceAccepted);
        if self.is_in_use(aid) && !again {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if self.registry.applications().count() >= APPLICATIONS_MAX {
            return Err(StatusWord::NO_MEMORY);
        }
        if load_file == DOMAIN_LOAD_FILE && module == DOMAIN_MODULE {
            entry.traits = domain_traits(parameters)?;
            return self.registry.put(&mut self.log, entry);
        }
        self.registry.put(&mut self.log, entry)?;
        if faults::active(Fault::InstallTorn) {
            self.log.commit()?;
        }
        let applet = if self.java.package(load_file).is_some() {
            self.install_loaded((load_file, module), aid, privileges, parameters)?
        } else {
            let index = self
                .modules
                .iter()
                .position(|known| known.module() == module && known.load_file() == load_file)
                .ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
            self.with_module(index, aid, |module, host| {
                watched(host, EntryPoint::Install, |host| module.install(host, parameters))
            })?
        };
        self.instances.insert(aid, applet);
        Ok(())
    }

    fn make_selectable(
        &mut self,
        receiver: Receiver,
        instance: Aid,
        privileges: Privileges,
        parameters: &InstallParameters,
    ) -> Result<Done, StatusWord> {
        let mut entry = self.entry(instance)?;
        self.check_governs(receiver, entry.domain)?;
        // Of the privileges only this one counts [GPCS 2.3.1 §11.5.2.3.3]. Hosts give it in this way to what is selectable already.
        let resets = privileges.contains(Privileges::CARD_RESET);
        let installed = entry.life_cycle == INSTALLED;
        let locked = entry.is_locked();
        if !installed && (!resets || locked) || restricts(&entry, Restrictions::MAKE_SELECTABLE) {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        if resets {
            let all = entry.privileges() | Privileges::CARD_RESET;
            self.change_privileges(&mut entry, all)?;
        }
        let selections = parameters.system.iter().flat_map(|system| &system.implicit_selection);
        entry.implicit_selection.extend(selections.map(|selection| selection.0));
        if installed && !faults::active(Fault::MakeSelectableWithoutEffect) {
            entry.life_cycle = SELECTABLE;
        }
        let load_file = entry.load_file;
        self.registry.put(&mut self.log, entry)?;
        Ok(Done::Installed { load_file, instance })
    }

    /// STORE DATA goes to an application from now on, if it takes any, or to a domain below this one [GPCS 2.3.1 §7.3.3].
    fn install_for_personalization(
        &mut self,
        receiver: Receiver,
        instance: Aid,
    ) -> Result<Response, StatusWord> {
        let entry = self.entry(instance)?;
        let forbidden = Restrictions::from_bits_retain(self.registry.isd.restrictions);
        if entry.domain != receiver.domain
            || forbidden.contains(Restrictions::PERSONALIZATION)
            || restricts(&entry, Restrictions::PERSONALIZATION)
        {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        let channel = receiver.channel;
        let takes_data = entry.is_domain()
            || self
                .with_applet(Some(channel), instance, |applet, host| applet.is_personalizable(host))
                .ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        if !takes_data {
            return Err(StatusWord::CONDITIONS_OF_USE);
        }
        self.channel(channel)?.personalizing = Some(instance);
        Ok(Response::ok(vec![super::NO_CONFIRMATION]))
    }
}

/// Whether an entry may not take part in an operation any more.
pub(super) const fn restricts(entry: &Application, operation: Restrictions) -> bool {
    Restrictions::from_bits_retain(entry.restrictions).contains(operation)
}

/// What the system parameters say of an entry.
fn set_system_parameters(entry: &mut Application, parameters: &InstallParameters) {
    let Some(system) = &parameters.system else { return };
    entry.quotas = Quotas {
        volatile: system.volatile,
        persistent: system.non_volatile,
        reserved_volatile: system.reserved_volatile,
        reserved_persistent: system.reserved_non_volatile,
    };
    entry.implicit_selection = system.implicit_selection.iter().map(|one| one.0).collect();
    entry.contactless = system.contactless.clone().unwrap_or_default();
}

/// What C9 says to a new security domain. What is not made of data objects, as older cards took it, says nothing.
fn domain_traits(parameters: &[u8]) -> Result<DomainTraits, StatusWord> {
    let parsed = SecurityDomainParameters::parse(parameters).map_err(|_| StatusWord::WRONG_DATA)?;
    let Some(parsed) = parsed else { return Ok(DomainTraits::default()) };
    // GlobalPlatformPro does not know the option of SCP01 and SCP02 and says 00: then it is the card's.
    let specified = |(id, i): &(u8, u8)| *id == 3 || *i != 0;
    let protocols: Vec<_> = parsed.channels.into_iter().filter(specified).collect();
    let known = |(id, i): &(u8, u8)| globalplatform::Protocol::new(*id, *i).is_ok();
    if !protocols.iter().all(known) {
        return Err(StatusWord::WRONG_DATA);
    }
    // Zeros say that it is accepted from nobody.
    let refuses = |field: &Option<Vec<u8>>| {
        field.as_ref().is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0))
    };
    Ok(DomainTraits {
        refuses_extradition_here: refuses(&parsed.extradition_here),
        refuses_extradition_away: refuses(&parsed.extradition_away),
        refuses_deletion: refuses(&parsed.deletion),
        protocols,
    })
}

/// Which operation a form of INSTALL is.
const fn operation(purpose: &InstallPurpose) -> Restrictions {
    match purpose {
        InstallPurpose::Load { .. } => Restrictions::LOAD,
        InstallPurpose::Install { make_selectable: false, .. } => Restrictions::INSTALL,
        InstallPurpose::Install { .. } => {
            Restrictions::INSTALL.union(Restrictions::MAKE_SELECTABLE)
        }
        InstallPurpose::MakeSelectable { .. } => Restrictions::MAKE_SELECTABLE,
        InstallPurpose::Extradition { .. } => Restrictions::EXTRADITION,
        InstallPurpose::Personalization { .. } => Restrictions::PERSONALIZATION,
        InstallPurpose::RegistryUpdate { .. } => Restrictions::REGISTRY_UPDATE,
    }
}
