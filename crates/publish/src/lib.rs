//! The release: what leaves the building.
//!
//! [`write()`] makes a folder out of a [`Release`]: a site in English and Dutch that is read without
//! script or network, the open data behind it, and a manifest that says where every file comes
//! from.
//!
//! ```text
//! site/index.html         chooses a language
//! site/en/, site/nl/      the pages
//! data/<cube>/            one cube as CSV with CSVW, JSON-stat 2.0, XLSX, Parquet and SDMX-CSV 2.0
//! report/                 the pages to print, one PDF a language
//! data/structures.xml     the structures of all cubes in SDMX
//! data/datapackage.json   Frictionless
//! data/catalogue.jsonld   DCAT
//! manifest.json           version, settings, seed, inputs and files, each with its hash
//! ```
//!
//! Three promises hold for every release. Counts come from [`disclosure::ProtectedCube`]s and
//! nothing else, and a hidden cell has no value in any file. The same release gives the same bytes:
//! there is no clock here, the date is `reference_date` of the settings. And a release is written
//! aside and put in place in one step: when writing fails or is killed, the old one stays whole.
//!
//! The way through the code: [`Release`] is what comes in; `facts` draws from it what pages and data
//! share; `chart` draws SVG; `page` fills the templates; `data` writes the open formats; `folder`
//! puts it in place.

pub mod chart;
mod data;
mod error;
mod facts;
mod folder;
mod map;
mod number;
mod page;
mod print;
mod release;
pub mod sdmx;
mod sheet;
mod text;
mod translated;
mod write;

pub use error::Error;
pub use map::Map;
pub use release::{
    AuditNote, Before, LinkageNote, Release, ReleasedCube, ReleasedEstimate, ReleasedRates, SourceNote,
    TableBefore,
};
pub use sheet::Sheet;
pub use translated::translated;
pub use write::{Written, write};
