//! Cubes of counts from reports and persons; trends of series.
