//! The release: a static site, charts and open data, from protected cubes only.
