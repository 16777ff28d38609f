//! Disclosure control: protected cubes, and the attacker that tries to undo them.

mod attack;
mod audit;
mod error;
mod lp;
mod propagate;
mod protect;
mod system;
mod types;
mod words;

pub use audit::audit;
pub use error::Error;
pub use protect::protect;
pub use types::*;
