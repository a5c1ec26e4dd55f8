//! Requests to the store.

use store::tps::{
    Commit, OpenedOperation, OperationId, Token, TokenCertificate, TokenCertificateRow, TokenRow,
};
use token_management::{message::Status, subsystem::tks::Cuid};

use super::{Context, wrong_answer};
use crate::{
    effect::{Answer, Effect, StoreAnswer, StoreRequest},
    outcome::Fault,
};

impl Context {
    async fn store(&self, request: StoreRequest, failure: Status) -> Result<StoreAnswer, Fault> {
        match self.mailbox.perform(Effect::Store(request)).await {
            Answer::Store(Ok(answer)) => Ok(answer),
            Answer::Store(Err(cause)) => Err(Fault::new(failure, format!("store: {cause}"))),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn token(&self, cuid: Cuid) -> Result<Option<TokenRow>, Fault> {
        match self.store(StoreRequest::Token(cuid), Status::Db).await? {
            StoreAnswer::Token(token) => Ok(token),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn tokens_of(&self, user: &str) -> Result<Vec<TokenRow>, Fault> {
        match self.store(StoreRequest::TokensOf(user.to_owned()), Status::Db).await? {
            StoreAnswer::Tokens(tokens) => Ok(tokens),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn certificates(&self, cuid: Cuid) -> Result<Vec<TokenCertificateRow>, Fault> {
        match self.store(StoreRequest::Certificates(cuid), Status::Db).await? {
            StoreAnswer::Certificates(certificates) => Ok(certificates),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn add_token(&self, token: Token) -> Result<(), Fault> {
        self.store(StoreRequest::AddToken(token), Status::CreateTusTokenEntry).await.map(drop)
    }

    pub(crate) async fn open_journal(
        &self,
        cuid: Cuid,
        kind: &'static str,
    ) -> Result<OpenedOperation, Fault> {
        match self.store(StoreRequest::OpenJournal(cuid, kind), Status::Db).await? {
            StoreAnswer::Journal(opened) => Ok(opened),
            _ => Err(wrong_answer()),
        }
    }

    pub(crate) async fn note(&self, id: OperationId, stage: String) -> Result<(), Fault> {
        self.store(StoreRequest::Note(id, stage), Status::Db).await.map(drop)
    }

    pub(crate) async fn put_certificate(&self, record: TokenCertificate) -> Result<(), Fault> {
        self.store(StoreRequest::PutCertificate(record), Status::UpdateTokenDbFailed)
            .await
            .map(drop)
    }

    pub(crate) async fn commit(&self, commit: Commit) -> Result<(), Fault> {
        let request = StoreRequest::Commit(Box::new(commit));
        self.store(request, Status::UpdateTokenDbFailed).await.map(drop)
    }
}
