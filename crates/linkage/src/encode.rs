//! Identifiers encoded with a key, so that they can be compared without being known.
