//! The CoolKey token applet's interface: commands, objects, key blobs, the combined object.
