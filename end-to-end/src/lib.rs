//! A private stage for the real programs: pcscd, card, server, client.
