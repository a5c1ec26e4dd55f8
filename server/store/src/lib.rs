//! Persistence behind one trait a subsystem; SQLite.
