//! The HTTP and HTTPS edges of the subsystems.
