//! `cardinal-server`: TPS, TKS, CA and DRM in one process.

fn main() {}
