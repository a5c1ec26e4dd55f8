//! Which privileges an application may be given [GPCS 2.3.1 §6.6.2].

use faults::Fault;
use globalplatform::data::Privileges;
use iso7816::{Aid, StatusWord};

use super::content::DOMAIN_MODULE;
use crate::{card::Card, state::Application};

/// Privileges that one application at most may have; while none has it, it is the issuer security domain's.
pub(super) const UNIQUE: [Privileges; 2] = [Privileges::CARD_RESET, Privileges::FINAL_APPLICATION];
/// What only security domains may have.
const FOR_DOMAINS: Privileges = Privileges::DAP_VERIFICATION
    .union(Privileges::DELEGATED_MANAGEMENT)
    .union(Privileges::MANDATED_DAP_VERIFICATION)
    .union(Privileges::AUTHORIZED_MANAGEMENT)
    .union(Privileges::TOKEN_VERIFICATION)
    .union(Privileges::RECEIPT_GENERATION)
    .union(Privileges::CIPHERED_LOAD_FILE_DATA_BLOCK);
/// What applications that are no security domains may have.
pub(super) const FOR_APPLICATIONS: Privileges =
    Privileges::all().difference(Privileges::SECURITY_DOMAIN).difference(FOR_DOMAINS);

impl Card {
    /// Refuses privileges that do not go together, that are none, or that somebody else has.
    pub(crate) fn check_privileges(
        &self,
        aid: Aid,
        module: Aid,
        privileges: Privileges,
    ) -> Result<(), StatusWord> {
        let is_domain = module == DOMAIN_MODULE;
        let unfit = privileges.contains(Privileges::SECURITY_DOMAIN) != is_domain
            || !is_domain
                && !FOR_APPLICATIONS.contains(privileges)
                && !faults::active(Fault::DomainPrivilegeForApplication)
            || !Privileges::all().contains(privileges)
            || !privileges.are_consistent()
                && !faults::active(Fault::ConflictingPrivilegesAccepted);
        if unfit {
            return Err(StatusWord::WRONG_DATA);
        }
        for privilege in UNIQUE {
            let holder = self.registry.holder(privilege).filter(|holder| *holder != aid);
            if privileges.contains(privilege)
                && holder.is_some()
                && !faults::active(Fault::SecondDefaultApplication)
            {
                return Err(StatusWord::CONDITIONS_OF_USE);
            }
        }
        Ok(())
    }

    /// Gives an entry privileges in the place of those that it has.
    pub(super) fn change_privileges(
        &self,
        entry: &mut Application,
        privileges: Privileges,
    ) -> Result<(), StatusWord> {
        self.check_privileges(entry.aid, entry.module, privileges)?;
        entry.privileges = privileges.to_bytes();
        Ok(())
    }
}
