//! Disclosure control: protected cubes, and the attacker that tries to undo them.

mod additive;
mod attack;
mod audit;
pub mod cell_key;
mod error;
mod lattice;
mod lp;
mod method;
pub mod privacy;
mod propagate;
mod protect;
mod rollup;
pub mod rounding;
pub mod synthetic;
mod system;
mod types;
mod words;

pub use audit::audit;
pub use error::Error;
pub use method::{Method, PerturbedCube};
pub use protect::protect;
pub use types::*;
