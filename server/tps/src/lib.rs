//! Token processing system: the operation state machines.
