//! How alike two values are. Values are compared as slices of letters, which each distinct value is turned
//! into once.

pub mod bits;
pub mod born;
pub mod date;
pub mod edit;
pub mod fold;
pub mod jaro;
pub mod qgram;
pub mod sound;
