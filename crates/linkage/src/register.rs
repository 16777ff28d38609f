//! The register of persons: ids that stay from one edition to the next, and a journal of what changed.
