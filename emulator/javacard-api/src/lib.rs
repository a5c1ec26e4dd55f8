//! The native side of the Java Card and GlobalPlatform API packages.
