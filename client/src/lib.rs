//! The client between a card in a reader and a token management server.
