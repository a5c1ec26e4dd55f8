//! Messages between client and TPS.
