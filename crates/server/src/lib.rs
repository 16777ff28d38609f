//! Shows a release over HTTP, read only, and answers questions about its tables.
//!
//! A [`Site`] is a release that was read into memory: every file that its `manifest.json` lists, with the hash that stands
//! there, compressed once. A request is then a look-up in a map, so that no path can lead out of the release, and what
//! was changed since on disk is not shown. [`serve`] listens and answers until it is told to stop.
//!
//! | module | what it does |
//! |---|---|
//! | `release` | reads the folder and holds it against its manifest |
//! | `stored` | a file in memory, and the answer to a request for it |
//! | `tables`, `select`, `rows` | the tables of the release, and the cells of them that somebody asks for |
//! | `api`, `sdmx`, `openapi` | the addresses under `/api/` |
//! | `listen`, `gate`, `harden` | connections and their limits, the limit of each reader, and the headers of every answer |
//!
//! The crate knows no other crate of this project: it reads the release as anybody can. What was not published is not in it, so
//! no question can bring it out.
//!
//! ```no_run
//! let site = server::Site::read("out/release".as_ref(), server::MEMORY)?;
//! let options = server::Options::new("127.0.0.1:8080".parse().expect("an address"));
//! server::serve(site, &options, server::signals, |address| println!("http://{address}/"))?;
//! # Ok::<(), server::Error>(())
//! ```

mod api;
mod error;
mod gate;
mod harden;
mod listen;
mod openapi;
mod problem;
mod range;
mod release;
mod rows;
mod sdmx;
mod select;
mod site;
mod stored;
mod tables;

pub use error::Error;
pub use listen::{Options, serve, signals};
pub use site::{MEMORY, Site};
