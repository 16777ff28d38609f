//! What stops an estimation altogether. A method that cannot answer is not an error: it is
//! refused in its own [`Estimate`](crate::Estimate).

use crate::Method;

/// Why no estimation could be started.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A method name that is not one of ours.
    #[error("there is no estimation method \"{name}\"; the methods are {}", known_methods())]
    UnknownMethod {
        /// The name as given.
        name: String,
    },
    /// A list that is asked for by a name that no list has.
    #[error("there is no list \"{name}\"; the lists are {}", lists.join(", "))]
    UnknownList {
        /// The name as given.
        name: String,
        /// Names of the lists there are.
        lists: Vec<String>,
    },
    /// A choice of lists that cannot be made, in words.
    #[error("{0}")]
    Lists(String),
    /// An option outside its range.
    #[error("the option {option} is {value}; {allowed}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// The value as given.
        value: String,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// Persons and covariates that make no table.
    #[error("{0}")]
    Covariates(String),
}

fn known_methods() -> String {
    Method::ALL.map(Method::name).join(", ")
}
