//! Both ends of a secure channel against each other: every protocol, option, level and key size.

mod hostile;
mod implicit;
mod rmac;
mod sessions;
mod set_up;
