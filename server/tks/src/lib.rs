//! Token key service: diversification, session keys, key-set change-over.
