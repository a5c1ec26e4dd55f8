//! Data recovery manager: server-side key generation, archive, recovery.
