//! What a load file has to be before its code is looked at: signed by whom it must be, in the form that its domain wants, of the hash
//! that INSTALL told [GPCS 2.3.1 §9.2, §9.3.5, §11.6.2.3].

use cryptography::Zeroizing;
use faults::Fault;
use globalplatform::{command::LoadFile, data::Privileges};
use iso7816::{Aid, StatusWord};

use super::{
    Receiver, authorization::Authority, content::PERSONALIZED, delegation::Purpose, refused,
};
use crate::{
    authority::{AuthorityError, LoadFileCipher, LoadFileHash, Verifier},
    card::Card,
    channel::Load,
    state::Domain,
};

impl Card {
    /// The domains that have to verify the signature of a load file which shall belong to a domain: this one with DAP Verification, and
    /// every personalised one with Mandated DAP Verification.
    fn signature_verifiers(&self, associated: Domain) -> Vec<Domain> {
        let entries = self.registry.applications().filter(|entry| entry.is_domain());
        let supplementary = entries.map(|entry| Domain::Supplementary(entry.aid));
        let needed = |domain: &Domain| {
            let privileges = self.registry.privileges_of(*domain);
            let state = self.registry.life_cycle_of(*domain);
            let mandated = privileges.contains(Privileges::MANDATED_DAP_VERIFICATION)
                && (*domain == Domain::Issuer || state == PERSONALIZED);
            let own = *domain == associated && privileges.contains(Privileges::DAP_VERIFICATION);
            mandated && !faults::active(Fault::MandatedSignatureNotNeeded) || own
        };
        supplementary.chain([Domain::Issuer]).filter(needed).collect()
    }

    fn deciphers(&self, domain: Domain) -> bool {
        let privileges = self.registry.privileges_of(domain);
        privileges.contains(Privileges::CIPHERED_LOAD_FILE_DATA_BLOCK)
    }

    /// Refuses a load without a hash where something will be signed or enciphered with it, a hash of no algorithm, and one that is too
    /// weak for the token.
    pub(super) fn check_hash_of_load(
        &self,
        receiver: Receiver,
        load: &Load,
    ) -> Result<(), StatusWord> {
        let checked = if load.authority != Authority::Own {
            self.check_token_hash(receiver.domain, &load.hash)
        } else if !load.hash.is_empty() {
            LoadFileHash::of(&load.hash).map(|_| ())
        } else if self.deciphers(load.domain) || !self.signature_verifiers(load.domain).is_empty() {
            Err(AuthorityError::NoHash)
        } else {
            Ok(())
        };
        checked.map_err(AuthorityError::status)
    }

    /// The code of a load file that has come in full, in clear.
    pub(super) fn verified_code(&self, load: &Load) -> Result<Zeroizing<Vec<u8>>, StatusWord> {
        let file = LoadFile::parse(&load.bytes).map_err(refused)?;
        if file.data_block.is_empty() {
            return Err(StatusWord::WRONG_DATA);
        }
        self.verify(load, file).map_err(AuthorityError::status)
    }

    fn verify(&self, load: &Load, file: LoadFile) -> Result<Zeroizing<Vec<u8>>, AuthorityError> {
        // A domain that deciphers takes nothing in clear, and no other can decipher [GPCS 2.3.1 §11.6.2.3].
        let clear = !file.ciphered && faults::active(Fault::ClearLoadFileAccepted);
        if file.ciphered != self.deciphers(load.domain) && !clear
            || file.icv.is_some() && !file.ciphered
        {
            return Err(AuthorityError::WrongForm);
        }
        let hashed = load.authority != Authority::Own || file.ciphered || !file.dap.is_empty();
        if hashed && load.hash.is_empty() {
            return Err(AuthorityError::NoHash);
        }
        self.check_signatures(load, &file.dap)?;
        let code = if file.ciphered {
            let cipher =
                self.authority_key(load.domain, Purpose::LoadFileCipher, LoadFileCipher::new)?;
            LoadFileHash::check_strength(&load.hash, cipher.weakest_hash())?;
            cipher.decipher(file.icv.as_deref(), &file.data_block)?
        } else {
            Zeroizing::new(file.data_block)
        };
        if !load.hash.is_empty() && !faults::active(Fault::LoadFileHashNotChecked) {
            LoadFileHash::check(&load.hash, &code)?;
        }
        Ok(code)
    }

    /// Every signature has to be right, and none of those needed may be missing.
    fn check_signatures(
        &self,
        load: &Load,
        signatures: &[(Aid, Vec<u8>)],
    ) -> Result<(), AuthorityError> {
        for (aid, signature) in signatures {
            let domain = self.registry.domain(*aid).ok_or(AuthorityError::ForeignSignature)?;
            let privileges = self.registry.privileges_of(domain);
            if !privileges.contains(Privileges::DAP_VERIFICATION) {
                return Err(AuthorityError::ForeignSignature);
            }
            let verifier = self.authority_key(domain, Purpose::LoadFileSignature, Verifier::new)?;
            if !faults::active(Fault::LoadFileSignatureNotChecked) {
                verifier.check_load_file(&load.hash, signature)?;
            }
        }
        let signed = |domain: &Domain| {
            let aid = self.registry.aid_of(*domain);
            signatures.iter().any(|(signer, _)| *signer == aid)
        };
        if self.signature_verifiers(load.domain).iter().all(signed) {
            return Ok(());
        }
        Err(AuthorityError::NoSignature)
    }
}
