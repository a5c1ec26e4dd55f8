//! The Java Card virtual machine: heap, linker, verifier, interpreter, firewall, transactions, collector.
