//! Disclosure control: protected cubes, and the attacker that tries to undo them.
//!
//! Small counts are hidden by [`protect`]; [`audit`] works out what a reader still learns, and [`repair`] what to hide against it. Where true
//! counts are not needed, they are changed instead: by noise that is the same for a cell wherever it
//! stands ([`cell_key`]), by rounding that keeps totals the sums of their parts ([`rounding`]), or
//! with a budget of differential privacy ([`privacy`]). [`synthetic`] makes records of which none is a person.
//! What may be published is a [`ProtectedCube`], hidden or changed, and it says how.

mod additive;
mod amounts;
mod attack;
mod audit;
mod case;
pub mod cell_key;
mod certificate;
mod changed;
mod changes;
mod circuits;
mod dictionary;
mod editions;
mod error;
mod exact;
mod field;
mod gate;
mod groupings;
mod groups;
mod kelly;
mod lattice;
mod lp;
mod method;
mod need;
mod part;
pub mod privacy;
mod programme;
mod propagate;
mod protect;
mod puzzle;
mod reconstruct;
mod repair;
mod rollup;
mod rounded;
pub mod rounding;
mod rules;
mod singles;
mod space;
mod strong;
mod sums;
pub mod synthetic;
mod system;
mod tableau;
mod types;
mod weak;
mod whole;
mod words;

pub use amounts::{AmountRule, AmountsOf, Contributors, Dominance, PPercent};
pub use audit::audit;
pub use certificate::Certificate;
pub use editions::compare;
pub use error::Error;
pub use groups::groups;
pub use method::Method;
pub use protect::protect;
pub use reconstruct::{Reconstruction, Unique};
pub use repair::{Hide, Repair, repair};
pub use rounded::{Rounded, RoundedTo};
pub use sums::broken_sums;
pub use types::*;
