//! A population with known truth, and the registers that catch it.
