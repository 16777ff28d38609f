//! One file a command: its arguments, what it calls, what it shows.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod estimate;
pub(crate) mod new;
pub(crate) mod protect;
pub(crate) mod run;
pub(crate) mod simulate;
