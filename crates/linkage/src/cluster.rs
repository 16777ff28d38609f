//! From links to persons: partitions of the records, and how sure they are.
