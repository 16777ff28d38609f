//! Review by people: which pairs to look at, and what their decisions say.
