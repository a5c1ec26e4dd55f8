//! Performs the effects of an operation: the only part of TPS that waits for anything.

mod claims;

use core::{fmt::Display, future::Future};
use std::{sync::Arc, time::Duration};

use store::{
    clock::Clock,
    page::{PAGE_MAX, Page},
    tps::{TokenCertificateFilter, TokenFilter, TokenStore},
};
use token_management::{
    message::{ClientMessage, ServerMessage},
    subsystem::{
        SubsystemError, ca::CertificateAuthority, drm::DataRecoveryManager, tks::TokenKeyService,
    },
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

use claims::{Claims, Held};

use crate::{
    Begin, Config, Outcome, Step,
    effect::{
        Answer, CaRequest, ClientFault, DrmRequest, Effect, StoreAnswer, StoreRequest, TksRequest,
    },
    users::{LoginError, authenticate},
};

/// Passwords that are looked at at once: each takes 19 MiB of memory.
const PASSWORDS_AT_ONCE: usize = 2;
/// Pages of a list that are read at most.
const PAGES_MAX: u32 = 20;

/// How long anything may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The client's answer to one message.
    pub message: Duration,
    /// A whole operation.
    pub operation: Duration,
    /// A subsystem's or the store's answer.
    pub subsystem: Duration,
    /// Waiting for another operation on the same token or user.
    pub claim: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: Duration::from_secs(90),
            operation: Duration::from_mins(10),
            subsystem: Duration::from_mins(1),
            claim: Duration::from_secs(10),
        }
    }
}

/// The client's end of an operation.
pub trait Client: Send {
    /// Sends a message and waits for the answer.
    fn exchange(
        &mut self,
        message: &ServerMessage,
    ) -> impl Future<Output = Result<ClientMessage, ClientFault>> + Send;

    /// Sends the last message; a client that is gone does not matter.
    fn finish(&mut self, end: &ServerMessage) -> impl Future<Output = ()> + Send;
}

/// Sees the effects of an operation and their answers: a transcript from which it can be replayed, or trouble for a test.
pub trait Observer: Send {
    /// Before the effect is performed. An answer from here stands in for performing it.
    fn effect(&mut self, effect: &Effect) -> Option<Answer>;

    /// Before the answer goes to the operation.
    fn answer(&mut self, answer: &Answer);
}

/// Nobody looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn effect(&mut self, _: &Effect) -> Option<Answer> {
        None
    }

    fn answer(&mut self, _: &Answer) {}
}

/// The subsystems and the store that operations need.
pub struct Services<T, C, D, S, K> {
    /// Token key service.
    pub tks: T,
    /// Certificate authority.
    pub ca: C,
    /// Data recovery manager.
    pub drm: D,
    /// Store.
    pub store: S,
    /// Clock, for the records.
    pub clock: K,
}

/// Runs operations.
pub struct Driver<T, C, D, S, K> {
    config: Arc<Config>,
    services: Services<T, C, D, S, K>,
    limits: Limits,
    claims: Claims,
    passwords: Semaphore,
}

impl<T, C, D, S, K> Driver<T, C, D, S, K>
where
    T: TokenKeyService,
    C: CertificateAuthority,
    D: DataRecoveryManager,
    S: TokenStore,
    K: Clock,
{
    /// A driver over these services.
    #[must_use]
    pub fn new(config: Arc<Config>, services: Services<T, C, D, S, K>, limits: Limits) -> Self {
        let passwords = Semaphore::new(PASSWORDS_AT_ONCE);
        Self { config, services, limits, claims: Claims::default(), passwords }
    }

    /// The services.
    pub const fn services(&self) -> &Services<T, C, D, S, K> {
        &self.services
    }

    /// Runs one operation from after BEGIN_OP to END_OP. Once begun it must be run to its end, so that the records are put right
    /// even when the client is gone.
    pub async fn run<L: Client>(&self, begin: Begin, client: &mut L) -> Outcome {
        self.run_observed(begin, client, &mut Unobserved).await
    }

    /// Runs one operation under somebody's eyes.
    pub async fn run_observed<L: Client, O: Observer>(
        &self,
        begin: Begin,
        client: &mut L,
        observer: &mut O,
    ) -> Outcome {
        let deadline = Instant::now() + self.limits.operation;
        let mut held = Vec::new();
        let mut step = crate::begin(Arc::clone(&self.config), begin);
        loop {
            match step {
                Step::Perform(effect, operation) => {
                    let answer = match observer.effect(&effect) {
                        Some(answer) => answer,
                        None => self.perform(effect, client, &mut held, deadline).await,
                    };
                    observer.answer(&answer);
                    step = operation.resume(answer);
                }
                Step::Done(outcome) => {
                    drop(held);
                    client.finish(&outcome.end_op()).await;
                    return outcome;
                }
            }
        }
    }

    async fn perform<L: Client>(
        &self,
        effect: Effect,
        client: &mut L,
        held: &mut Vec<Held>,
        deadline: Instant,
    ) -> Answer {
        match effect {
            Effect::Exchange(message) => {
                let until = deadline.min(Instant::now() + self.limits.message);
                let answer = timeout_at(until, client.exchange(&message)).await;
                Answer::Client(answer.unwrap_or(Err(ClientFault::Gone)))
            }
            Effect::Claim(claim) => {
                let granted = timeout(self.limits.claim, self.claims.claim(claim)).await;
                Answer::Claimed(granted.map(|guard| held.push(guard)).is_ok())
            }
            Effect::Authenticate { user, password } => {
                let _turn = self.passwords.acquire().await;
                let now = self.services.clock.now();
                let login = authenticate(&self.services.store, &user, password, now);
                Answer::Login(match timeout(self.limits.subsystem, login).await {
                    Ok(result) => result,
                    Err(_) => Err(LoginError::Store("no answer in time".to_owned())),
                })
            }
            Effect::Tks(request) => self.ask_tks(request).await,
            Effect::Ca(request) => self.ask_ca(request).await,
            Effect::Drm(request) => Answer::KeyPair(match request {
                DrmRequest::Generate(request) => {
                    self.bounded(self.services.drm.generate_key(request)).await
                }
                DrmRequest::Recover(request) => {
                    self.bounded(self.services.drm.recover_key(request)).await
                }
            }),
            Effect::Store(request) => {
                let answer = timeout(self.limits.subsystem, self.ask_store(request)).await;
                Answer::Store(answer.unwrap_or_else(|_| Err("no answer in time".to_owned())))
            }
        }
    }

    async fn bounded<R>(
        &self,
        request: impl Future<Output = Result<R, SubsystemError>> + Send,
    ) -> Result<R, SubsystemError> {
        timeout(self.limits.subsystem, request)
            .await
            .unwrap_or_else(|_| Err(SubsystemError::Unavailable("no answer in time".to_owned())))
    }

    async fn ask_tks(&self, request: TksRequest) -> Answer {
        let tks = &self.services.tks;
        match request {
            TksRequest::Random(length) => Answer::Bytes(self.bounded(tks.random(length)).await),
            TksRequest::SessionKeys(request) => {
                Answer::SessionKeys(self.bounded(tks.session_keys(request)).await)
            }
            TksRequest::KeyChange(request) => {
                Answer::Bytes(self.bounded(tks.key_change(request)).await)
            }
            TksRequest::EncryptData(request) => {
                Answer::Bytes(self.bounded(tks.encrypt_data(request)).await)
            }
        }
    }

    async fn ask_ca(&self, request: CaRequest) -> Answer {
        let ca = &self.services.ca;
        match request {
            CaRequest::Enroll(request) => {
                Answer::Certificate(self.bounded(ca.enroll(request)).await)
            }
            CaRequest::Certificate(serial) => {
                Answer::Certificate(self.bounded(ca.certificate(serial)).await)
            }
            CaRequest::CertificatesOf(cuid) => {
                Answer::Certificates(self.bounded(ca.certificates_of(cuid)).await)
            }
            CaRequest::Revoke(serial, reason) => {
                Answer::Done(self.bounded(ca.revoke(serial, reason)).await)
            }
            CaRequest::Unrevoke(serial) => Answer::Done(self.bounded(ca.unrevoke(serial)).await),
        }
    }

    async fn ask_store(&self, request: StoreRequest) -> Result<StoreAnswer, String> {
        let (store, now) = (&self.services.store, self.services.clock.now());
        Ok(match request {
            StoreRequest::Token(cuid) => {
                StoreAnswer::Token(store.token(&cuid).await.map_err(text)?)
            }
            StoreRequest::TokensOf(user) => {
                let filter = TokenFilter { user: Some(user), status: None };
                StoreAnswer::Tokens(all(|page| store.tokens(&filter, page)).await?)
            }
            StoreRequest::Certificates(cuid) => {
                let filter = TokenCertificateFilter {
                    cuid: Some(cuid),
                    ..TokenCertificateFilter::default()
                };
                StoreAnswer::Certificates(
                    all(|page| store.token_certificates(&filter, page)).await?,
                )
            }
            StoreRequest::AddToken(token) => {
                store.add_token(&token, now).await.map_err(text)?;
                StoreAnswer::Done
            }
            StoreRequest::OpenJournal(cuid, kind) => {
                StoreAnswer::Journal(store.open_operation(&cuid, kind, now).await.map_err(text)?)
            }
            StoreRequest::Note(id, stage) => {
                store.note_stage(id, &stage, now).await.map_err(text)?;
                StoreAnswer::Done
            }
            StoreRequest::PutCertificate(certificate) => {
                store.put_token_certificate(&certificate, now).await.map_err(text)?;
                StoreAnswer::Done
            }
            StoreRequest::Commit(commit) => {
                store.commit(&commit, now).await.map_err(text)?;
                StoreAnswer::Done
            }
        })
    }
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn text(error: impl Display) -> String {
    error.to_string()
}

/// All pages of a list, up to [`PAGES_MAX`].
async fn all<T, F>(mut page: impl FnMut(Page) -> F) -> Result<Vec<T>, String>
where
    F: Future<Output = Result<store::page::Listing<T>, store::StoreError>> + Send,
{
    let mut entries: Vec<T> = Vec::new();
    for number in 0..PAGES_MAX {
        let listing = page(Page::new(number * PAGE_MAX, PAGE_MAX)).await.map_err(text)?;
        let last = listing.entries.is_empty();
        entries.extend(listing.entries);
        if last || u64::try_from(entries.len()).unwrap_or(u64::MAX) >= listing.total {
            return Ok(entries);
        }
    }
    Err("a list is longer than an operation reads".to_owned())
}
