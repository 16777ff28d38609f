//! Readers, mapping and validation: from files as received to standard reports and a list of problems.
