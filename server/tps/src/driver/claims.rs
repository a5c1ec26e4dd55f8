//! Who works on which token: one operation at a time.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

use crate::effect::Claim;

/// The claims that are held in this process.
#[derive(Clone, Default)]
pub(super) struct Claims(Arc<Shared>);

#[derive(Default)]
struct Shared {
    held: Mutex<HashSet<Claim>>,
    freed: Notify,
}

/// A claim; dropped, it is free.
pub(super) struct Held {
    claims: Claims,
    claim: Claim,
}

impl Claims {
    /// Waits until nobody else has the claim.
    pub(super) async fn claim(&self, claim: Claim) -> Held {
        loop {
            // Before the look, so that nothing that is freed in between is missed.
            let freed = self.0.freed.notified();
            let granted =
                self.0.held.lock().unwrap_or_else(PoisonError::into_inner).insert(claim.clone());
            if granted {
                return Held { claims: self.clone(), claim };
            }
            freed.await;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let shared = &self.claims.0;
        shared.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.claim);
        shared.freed.notify_waiters();
    }
}
