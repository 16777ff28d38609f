//! How alike two values are.
