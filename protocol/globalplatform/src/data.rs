//! Data objects of GlobalPlatform cards.
