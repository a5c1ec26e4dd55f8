//! Tokens and receipts: what a domain does on another's word [GPCS 2.3.1 §9.1.3, §C.4, §C.5].
//!
//! In the hierarchy below a domain with Authorized Management, one domain verifies tokens and one makes receipts; the issuer's does both
//! unless another got the privilege. Each does it with its own keys.

use cryptography::CryptoError;
use faults::Fault;
use globalplatform::{
    command::token_data_of,
    data::{Confirmation, KeyAttributes, KeyUsage, Privileges, ReceiptData},
};
use iso7816::{Aid, Response, StatusWord};

use super::{
    NO_CONFIRMATION,
    authorization::{Authority, Combined, Done, Request},
    content::PERSONALIZED,
};
use crate::{
    authority::{AuthorityError, KeyPart, Signer, TokenReference, Verifier},
    card::Card,
    random::CardRng,
    state::{self, Domain, KeySetRecord, StoredKey, count_receipt, key_sets, next_receipt},
};

/// What a key of a domain is for; the discriminant is the version that such keys have by custom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Purpose {
    /// Verifies tokens.
    Token = 0x70,
    /// Makes receipts.
    Receipt = 0x71,
    /// Verifies load file signatures.
    LoadFileSignature = 0x73,
    /// Deciphers load files.
    LoadFileCipher = 0x75,
}

impl Purpose {
    const ALL: [Self; 4] =
        [Self::Token, Self::Receipt, Self::LoadFileSignature, Self::LoadFileCipher];

    const fn version(self) -> u8 {
        self as u8
    }

    /// Whether the usage that was told of a key is that of the purpose, alone or with others [GPCS 2.3.1 §11.1.9].
    const fn is_among(self, usage: KeyUsage) -> bool {
        let verifies = usage.contains(KeyUsage::VERIFICATION_ENCIPHERMENT);
        let computes = usage.contains(KeyUsage::COMPUTATION_DECIPHERMENT);
        match self {
            Self::Token => verifies && usage.contains(KeyUsage::AUTHORIZATION),
            // Of a key pair that authenticates the domain as well, authorization is told in the place of checksums.
            Self::Receipt => {
                computes && usage.intersects(KeyUsage::CHECKSUM.union(KeyUsage::AUTHORIZATION))
            }
            Self::LoadFileSignature => verifies && usage.contains(KeyUsage::CHECKSUM),
            Self::LoadFileCipher => computes && usage.contains(KeyUsage::CONFIDENTIALITY),
        }
    }

    /// Whether a key of a set serves the purpose: by the usage that was told of it, else by its version. Where only public keys come
    /// into question those of other versions serve, too, for hosts number them as they like.
    fn is_served_by(self, set: &KeySetRecord, key: &StoredKey) -> bool {
        let KeyAttributes { usage, access } = key.attributes.unwrap_or_default();
        if access.is_some_and(|access| !access.admits_security_domain()) {
            return false;
        }
        let customary = set.version == self.version();
        if !usage.is_empty() {
            // Keys of secure channels have usages of these kinds as well.
            return self.is_among(usage) && (customary || set.channel_keys().is_none());
        }
        let public_only = matches!(self, Self::Token | Self::LoadFileSignature)
            && Self::ALL.iter().all(|purpose| purpose.version() != set.version)
            && set.keys().iter().all(|key| key.key().is_none());
        customary || public_only
    }
}

impl Card {
    /// The first key of a domain that serves a purpose, those of the customary version before others.
    ///
    /// # Errors
    /// [`AuthorityError::NoKey`].
    pub(super) fn authority_key<T>(
        &self,
        domain: Domain,
        purpose: Purpose,
        make: impl Fn(&[KeyPart<'_>]) -> Result<T, CryptoError>,
    ) -> Result<T, AuthorityError> {
        let mut sets: Vec<_> = key_sets(&self.log, domain).collect();
        sets.sort_by_key(|set| set.version != purpose.version());
        let keys = sets.iter().flat_map(|set| set.keys().iter().map(move |key| (set, key)));
        let mut serving = keys.filter(|(set, key)| purpose.is_served_by(set, key));
        serving.find_map(|(_, key)| make(&key.parts()).ok()).ok_or(AuthorityError::NoKey)
    }

    /// The domain that serves a domain by a privilege: in the hierarchy of the next domain above with Authorized Management.
    fn serving(&self, domain: Domain, privilege: Privileges) -> Option<Domain> {
        let registry = &self.registry;
        let has = |domain: Domain, privilege| registry.privileges_of(domain).contains(privilege);
        let mut line = registry.line(domain).into_iter();
        let root = line.find(|above| has(*above, Privileges::AUTHORIZED_MANAGEMENT))?;
        let entries = registry.applications().filter(|entry| entry.life_cycle == PERSONALIZED);
        let supplementary = entries.map(|entry| Domain::Supplementary(entry.aid));
        let mut candidates = supplementary.chain([Domain::Issuer]);
        candidates.find(|found| has(*found, privilege) && registry.governs(root, *found))
    }

    /// The key with which a domain's tokens are verified, and whose it is.
    fn token_verifier(&self, domain: Domain) -> Result<(Domain, Verifier), AuthorityError> {
        let verifying = self.serving(domain, Privileges::TOKEN_VERIFICATION);
        let verifying = verifying.ok_or(AuthorityError::NoKey)?;
        Ok((verifying, self.authority_key(verifying, Purpose::Token, Verifier::new)?))
    }

    /// Refuses a hash of a load file that is too weak for the token which will sign it, or none.
    pub(super) fn check_token_hash(
        &self,
        domain: Domain,
        hash: &[u8],
    ) -> Result<(), AuthorityError> {
        if hash.is_empty() {
            return Err(AuthorityError::NoHash);
        }
        self.token_verifier(domain)?.1.check_hash(hash)
    }

    /// On whose word a command to a domain with Delegated Management is obeyed: on that of its token.
    pub(super) fn delegated(
        &self,
        domain: Domain,
        request: Request<'_>,
    ) -> Result<Authority, AuthorityError> {
        let begun = match (request.combined, request.token) {
            (Combined::Begins, []) => return Ok(Authority::Promised),
            (Combined::Begins, _) => return Err(AuthorityError::NeedlessToken),
            (_, []) if faults::active(Fault::TokenNotNeeded) => return Ok(Authority::Own),
            (_, []) => return Err(AuthorityError::NoToken),
            (Combined::No, _) => &[],
            (Combined::Ends(begun), _) => begun,
        };
        let (verifying, verifier) = self.token_verifier(domain)?;
        let reference = TokenReference::parse(request.reference);
        let reference = reference.map_err(|_| AuthorityError::ForeignToken)?;
        let object = |tag| state::object(&self.log, verifying, tag);
        if !reference.is_for(object(0x42), object(0x45)) {
            return Err(AuthorityError::ForeignToken);
        }
        let signed = token_data_of(request.command).map_err(|_| AuthorityError::WrongSignature)?;
        let checked = verifier.check_token(&[begun, &signed].concat(), request.token);
        if !faults::active(Fault::TokenNotChecked) {
            checked?;
        }
        let receipts = self.serving(domain, Privileges::RECEIPT_GENERATION);
        let receipts = receipts.filter(|domain| self.receipt_signer(*domain).is_ok());
        if receipts.is_some_and(|domain| next_receipt(&self.log, domain).is_none()) {
            return Err(AuthorityError::CounterExhausted);
        }
        let identifier = reference.identifier.map(<[u8]>::to_vec);
        Ok(Authority::Token { receipts, identifier })
    }

    fn receipt_signer(&self, domain: Domain) -> Result<Signer, AuthorityError> {
        self.authority_key(domain, Purpose::Receipt, Signer::new)
    }

    /// The answer to a command that was obeyed: a confirmation where it was obeyed on a token's word and a domain makes receipts, which
    /// it does once it has a key for them.
    ///
    /// `parameters`: the parameters field of the command, which one receipt repeats.
    pub(super) fn confirm(
        &mut self,
        authority: Authority,
        done: Done,
        parameters: &[u8],
    ) -> Result<Response, StatusWord> {
        let none = Ok(Response::ok(vec![NO_CONFIRMATION]));
        let Authority::Token { receipts: Some(domain), identifier } = authority else {
            return none;
        };
        let Some(receipt) = self.receipt_data(done, parameters) else { return none };
        let signer = self.receipt_signer(domain).map_err(AuthorityError::status)?;
        let counter = next_receipt(&self.log, domain);
        let counter = counter.ok_or(AuthorityError::CounterExhausted.status())?;
        let object = |tag| state::object(&self.log, domain, tag).unwrap_or_default();
        let confirmation = Confirmation {
            counter,
            unique_data: [object(0x42), object(0x45)].concat(),
            token_id: identifier,
            token_digest: None,
        };
        let data = receipt.to_bytes(&confirmation);
        let signature = signer.sign(&mut CardRng(self.random.as_mut()), &data);
        let signature = signature.map_err(|error| AuthorityError::Key(error).status())?;
        let mut signature = signature;
        if let Some(last) = signature.last_mut()
            && faults::active(Fault::ReceiptSignatureWrong)
        {
            *last ^= 1;
        }
        if !faults::active(Fault::ReceiptNotCounted) {
            count_receipt(&mut self.log, domain, counter)?;
        }
        Ok(Response::ok(confirmation.to_response(&signature)))
    }

    /// What a receipt tells of an operation; none of what none confirms.
    fn receipt_data<'a>(&self, done: Done, parameters: &'a [u8]) -> Option<ReceiptData<'a>> {
        let aid = |domain: Domain| -> Aid { self.registry.aid_of(domain) };
        Some(match done {
            Done::Loaded { load_file, domain } => {
                ReceiptData::Load { load_file, security_domain: aid(domain) }
            }
            Done::Installed { load_file, instance } => ReceiptData::Install { load_file, instance },
            Done::Combined { load_file, instance, domain } => {
                ReceiptData::Combined { load_file, instance, security_domain: aid(domain) }
            }
            Done::Extradited { from, object, to } => {
                ReceiptData::Extradition { from: aid(from), application: object, to: aid(to) }
            }
            Done::Updated { moved, object, privileges } => ReceiptData::RegistryUpdate {
                from: moved.map(|(from, _)| aid(from)),
                application: Some(object),
                to: moved.map(|(_, to)| aid(to)),
                privileges,
                parameters,
            },
            Done::Deleted { object } => ReceiptData::Delete { aid: object },
            Done::Unconfirmed => return None,
        })
    }
}
