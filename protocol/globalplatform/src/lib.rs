//! GlobalPlatform secure channels (both ends), keys, diversification, typed commands, data objects.
