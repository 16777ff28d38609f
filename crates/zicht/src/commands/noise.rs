//! What `protect` and `synthesize` ask where noise is drawn: the secret it comes from, and a budget of differential privacy.

use std::path::PathBuf;

use clap::Args;
use disclosure::privacy::Budget;
use zeroize::Zeroizing;

use crate::commands::key;
use crate::failure::Failure;
use crate::show::Show;

/// Where the secret is.
#[derive(Args)]
pub(super) struct Source {
    /// The secret from which noise is drawn, as `zicht key` made it: for a specification with `[privacy]` or `[cell_key]`.
    #[arg(long, value_name = "KEYFILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    opening: key::Opening,
}

impl Source {
    /// The secret, when noise is drawn; there has to be one then, and none otherwise.
    pub(super) fn secret(&self, drawn: bool, show: &Show) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        match &self.key {
            Some(path) if drawn => key::secret(path, &self.opening, show).map(Some),
            None if drawn => Err(Failure::input(
                "nothing says from which secret noise is drawn",
                "give a key with --key; `zicht key` makes one. Use the same for all releases of the same persons: two \
                 releases with different noise can be averaged",
            )),
            Some(_) => Err(Failure::input(
                "no noise is drawn, and --key gives a secret for it",
                "leave it out, or ask for noise in the specification",
            )),
            None => Ok(None),
        }
    }
}

/// What may be told of a person: ρ, ε and δ, or ε alone.
pub(super) fn budget(rho: Option<f64>, epsilon: Option<f64>, delta: Option<f64>) -> Result<Budget, Failure> {
    match (rho, epsilon, delta) {
        (Some(rho), None, None) => Ok(Budget::Concentrated { rho }),
        (None, Some(epsilon), Some(delta)) => Ok(Budget::Approximate { epsilon, delta }),
        (None, Some(epsilon), None) => Ok(Budget::Pure { epsilon }),
        _ => {
            Err(Failure::input("[privacy] has no budget", "give rho, or epsilon and delta, or epsilon alone"))
        }
    }
}

/// The most records of a person where nothing is said.
pub(super) fn one_record() -> u32 {
    1
}

/// Checks that nobody has more records than is taken for the most of a person.
pub(super) fn check_records(found: u32, taken: u32) -> Result<(), Failure> {
    if found <= taken {
        return Ok(());
    }
    Err(Failure::input(
        format!("somebody has more records than the {taken} that [privacy] takes for the most of a person"),
        "leave records out until nobody has more, or give a larger `records`: there is more noise then",
    ))
}

/// Refuses a variable whose codes come from the records.
pub(super) fn check_codes(open: Option<&str>) -> Result<(), Failure> {
    let Some(name) = open else { return Ok(()) };
    Err(Failure::input(
        format!("which codes \"{name}\" has comes from the records, and would tell of a person"),
        format!("list them with [variable.{name}] codes = [...], or give a hierarchy"),
    ))
}
