//! Multiple systems estimation: how many victims were never seen.
