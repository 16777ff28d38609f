//! Disclosure control: protected cubes, and the attacker that tries to undo them.

mod attack;
mod audit;
mod circuits;
mod error;
mod field;
mod gate;
mod kelly;
mod lp;
mod part;
mod programme;
mod propagate;
mod protect;
mod puzzle;
mod strong;
mod system;
mod tableau;
mod types;
mod weak;
mod words;

pub use audit::audit;
pub use error::Error;
pub use protect::protect;
pub use types::*;
