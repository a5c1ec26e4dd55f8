//! TPS, TKS, CA and DRM in one process.
