//! The HTTP and HTTPS edges of the subsystems: the token operations at `/tps/tps`, and what is published beside them.
