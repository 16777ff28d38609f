//! What comes out: protected cubes and reports on them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use model::{Cube, Dimension, DisclosureSettings, Key, Label, Strict, Unit, Value, Weight, Zeros};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::{AmountRule, AmountsOf, Certificate, Method, Reconstruction, Rounded};

/// Whether a cell may be published, as in the SDMX code list `CL_CONF_STATUS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConfStatus {
    /// `F`: free for publication.
    Free,
    /// `C`: confidential. With [`Marks::Alike`] every hidden cell has this mark, so that the
    /// mark itself does not tell which counts are small.
    Primary,
    /// `D`: hidden only to protect other cells. Occurs with [`Marks::Apart`].
    Secondary,
}

impl ConfStatus {
    /// The code in `CL_CONF_STATUS`.
    pub fn code(self) -> &'static str {
        match self {
            ConfStatus::Free => "F",
            ConfStatus::Primary => "C",
            ConfStatus::Secondary => "D",
        }
    }
}

impl Serialize for ConfStatus {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

/// What kind of observation a cell is, as in the SDMX code list `CL_OBS_STATUS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObsStatus {
    /// `A`: a normal value.
    Normal,
    /// `O`: missing; there is no figure, and nobody said why.
    Missing,
    /// `Q`: missing because it is suppressed.
    Suppressed,
}

impl ObsStatus {
    /// The code in `CL_OBS_STATUS`.
    pub fn code(self) -> &'static str {
        match self {
            ObsStatus::Normal => "A",
            ObsStatus::Missing => "O",
            ObsStatus::Suppressed => "Q",
        }
    }
}

impl Serialize for ObsStatus {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

/// A cell that may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ProtectedCell {
    /// The count, or [`Value::Missing`] when it is hidden. [`Value::Between`] occurs only in
    /// tables with a waiver, as its publisher wrote it.
    pub value: Value,
    /// Whether it may be published.
    pub conf: ConfStatus,
    /// What kind of observation it is.
    pub obs: ObsStatus,
}

impl ProtectedCell {
    /// A cell that is shown as it is.
    pub(crate) fn open(value: Value) -> Self {
        let obs = if value == Value::Missing { ObsStatus::Missing } else { ObsStatus::Normal };
        ProtectedCell { value, conf: ConfStatus::Free, obs }
    }
}

/// The rule by which a cube was protected, for its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Counts below this are not published.
    pub threshold: u64,
    /// How zeros are treated.
    pub zeros: Zeros,
    /// The least distance between the bounds that anyone can derive for a hidden small count.
    pub protection: u64,
    /// Whether it is hidden that all of a group have one property.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub groups: bool,
}

/// A cube that may be published: small counts are hidden, and others with them, or counts were changed. Only this crate
/// makes one. What its attacker still learned is in the [`Attack`] that comes with it, and `publish` takes no cubes of
/// which it learned anything.
#[derive(Debug, Clone, PartialEq)]
pub struct ProtectedCube {
    pub(crate) id: String,
    pub(crate) title: Label,
    pub(crate) definition: Label,
    pub(crate) unit: Unit,
    pub(crate) universe: String,
    pub(crate) sources: Vec<String>,
    pub(crate) dimensions: Vec<Dimension>,
    pub(crate) cells: BTreeMap<Key, ProtectedCell>,
    pub(crate) waiver: Option<String>,
    pub(crate) rule: Rule,
    pub(crate) changed: Option<Method>,
    /// Of changed counts, what a reader who knows the method knows of the true ones.
    pub(crate) known: BTreeMap<Key, Value>,
}

impl ProtectedCube {
    /// The cube with these cells. `frame` has all but the cells.
    pub(crate) fn new(frame: &Cube, cells: BTreeMap<Key, ProtectedCell>, rule: Rule) -> Self {
        Self {
            id: frame.id.clone(),
            title: frame.title.clone(),
            definition: frame.definition.clone(),
            unit: frame.unit,
            universe: frame.universe.clone(),
            sources: frame.sources.clone(),
            dimensions: frame.dimensions.clone(),
            cells,
            waiver: None,
            rule,
            changed: None,
            known: BTreeMap::new(),
        }
    }

    /// Identifier, used for file names.
    pub fn id(&self) -> &str {
        &self.id
    }
    /// Title for readers.
    pub fn title(&self) -> &Label {
        &self.title
    }
    /// What exactly is counted.
    pub fn definition(&self) -> &Label {
        &self.definition
    }
    /// What one unit is.
    pub fn unit(&self) -> Unit {
        self.unit
    }
    /// Cubes of one universe describe the same units.
    pub fn universe(&self) -> &str {
        &self.universe
    }
    /// Identifiers of the sources it is made from.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }
    /// The dimensions.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }
    /// The cells in the order of their keys.
    pub fn cells(&self) -> impl Iterator<Item = (&Key, &ProtectedCell)> {
        self.cells.iter()
    }
    /// The cell at `key`, if the cube has one there.
    pub fn cell(&self, key: &[u32]) -> Option<&ProtectedCell> {
        self.cells.get(key)
    }
    /// The cube as a reader sees it: published counts, and no figure where one is hidden.
    pub fn published(&self) -> Cube {
        Cube {
            id: self.id.clone(),
            title: self.title.clone(),
            definition: self.definition.clone(),
            unit: self.unit,
            universe: self.universe.clone(),
            sources: self.sources.clone(),
            dimensions: self.dimensions.clone(),
            cells: self.cells.iter().map(|(key, cell)| (key.clone(), cell.value)).collect(),
        }
    }
    /// How the counts were changed, if they were; without that, a count that is shown is the true one.
    pub fn changed(&self) -> Option<&Method> {
        self.changed.as_ref()
    }
    /// The published count at `key`, if there is one.
    pub fn count(&self, key: &[u32]) -> Option<u64> {
        self.cell(key).and_then(|c| c.value.count())
    }
    /// Why the cube was published whole, if it was.
    pub fn waiver(&self) -> Option<&str> {
        self.waiver.as_deref()
    }
    /// The rule by which it was protected.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }
}

/// Whether the marks of hidden cells tell which of them are small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Marks {
    /// Every hidden cell has the mark `C`: a reader cannot tell a small count from a large one
    /// that is hidden to protect it. The default.
    #[default]
    Alike,
    /// Small counts have `C`, the others `D`. The attacker then knows that a `C` is below the
    /// threshold and a `D` is not, which can give cells away that cannot be protected
    /// otherwise: 4 = `C` + `C` + `C` + `C` leaves only ones. Such cells are in [`Attack`].
    Apart,
}

/// What a hidden small count is protected against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// No small count can be worked out exactly by a reader who knows that counts are not
    /// negative. This is the protection of `GaussSuppression` (Langsrud 2024) as it comes.
    Weak,
    /// A reader who also knows that a hidden count is no zero where zeros are published cannot
    /// bring the bounds of a small count closer together than [`Policy::protection`]. The default.
    #[default]
    Strong,
}

/// What it costs to hide a count that is not small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Costs {
    /// 1 + ln(1 + n): a large count says more than a small one, but not in proportion. The default.
    #[default]
    Information,
    /// 1: as few cells as possible are hidden.
    Cells,
    /// 1 + n: as few persons as possible are hidden.
    Counts,
}

/// How tables are protected.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What a hidden small count is protected against.
    pub mode: Mode,
    /// What it costs to hide a count that is not small.
    pub costs: Costs,
    /// Categories that are to be kept, or may go.
    pub weights: Vec<Weight>,
    /// Counts below this, and above zero, are hidden.
    pub threshold: u64,
    /// Categories with a higher threshold. A count that is small for that has to stay open as far as its own threshold less one.
    pub strict: Vec<Strict>,
    /// How zeros are treated.
    pub zeros: Zeros,
    /// Combinations of categories in which nobody can be, dimension with code: that nobody is there is no secret.
    pub structural: Vec<BTreeMap<String, String>>,
    /// Whether it is hidden that all of a group have one property, as [`crate::groups`] finds it.
    pub groups: bool,
    /// When amounts are sensitive.
    pub amounts: AmountRule,
    /// The least distance between the bounds that can be derived for a hidden small count
    /// (the *sliding protection level* of Fischetti and Salazar-González). At least 1.
    pub protection: u64,
    /// Whether the marks tell small counts from others.
    pub marks: Marks,
    /// Whether it is worked out how far the choice may be from the cheapest, and the cheapest sought, in parts of up to some
    /// 600 cells that may be hidden: see [`Protection::gap`]. It takes up to a minute.
    pub exact: bool,
    /// In the weak mode: whether the reader rounds bounds to whole counts. `GaussSuppression` and its like do not ask
    /// this: a count that can only be 1, or 1½ if there were half persons, is safe for them.
    pub whole: bool,
    /// The effort with which, in each part of the tables that hangs together, it is sought which cells to hide beside the
    /// small counts. It is a number, not a time, so that the result does not depend on the machine.
    pub trials: u32,
}

impl Policy {
    /// The rule, as its readers are told it.
    pub(crate) fn rule(&self) -> Rule {
        Rule {
            threshold: self.threshold,
            zeros: self.zeros,
            protection: self.protection,
            groups: self.groups,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy::from(&DisclosureSettings::default())
    }
}

impl From<&DisclosureSettings> for Policy {
    /// The protection interval is as wide as the threshold less one: a hidden count of 1 to 4
    /// (threshold 5) cannot be told apart from four other values.
    fn from(s: &DisclosureSettings) -> Self {
        Policy {
            mode: Mode::default(),
            costs: Costs::default(),
            weights: s.weight.clone(),
            threshold: s.threshold,
            strict: s.strict.clone(),
            zeros: s.zeros,
            structural: s.structural.clone(),
            groups: s.groups,
            amounts: AmountRule::default(),
            protection: s.threshold.saturating_sub(1).max(1),
            marks: Marks::default(),
            exact: false,
            whole: true,
            trials: s.trials,
        }
    }
}

/// A cube that is to be protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The cube.
    pub cube: Cube,
    /// Why it may be published whole, if it may: its cells are then known to the attacker.
    pub waiver: Option<String>,
    /// Of a table of amounts, the units of each cell.
    pub contributors: Option<AmountsOf>,
    /// What an earlier edition published of it. A figure that is still the same is known to the attacker, who has both
    /// editions, so that it is published again and protects no other. Only where a count cannot be protected without it,
    /// it may be hidden. Of no use to methods that change counts.
    pub published_before: BTreeMap<Key, u64>,
}

impl Table {
    /// A table of counts without a waiver.
    pub fn of(cube: Cube) -> Self {
        Table { cube, waiver: None, contributors: None, published_before: BTreeMap::new() }
    }
}

/// What was done to one table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableReport {
    /// The cube's identifier.
    pub name: String,
    /// Cells in it.
    pub cells: usize,
    /// Cells that are small: hidden for that, or changed.
    pub primary: usize,
    /// All hidden cells, the small ones among them.
    pub suppressed: usize,
    /// How far changed counts are from the true ones; `None` when none was changed. For whoever releases the table, not for
    /// its readers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
}

/// How far changed counts are from the true ones.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Loss {
    /// Cells with a count.
    pub cells: usize,
    /// Cells that are published otherwise than counted.
    pub changed: usize,
    /// Mean of |published − counted|.
    pub mean: f64,
    /// The most of it.
    pub largest: u64,
}

/// How the attacker fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Attack {
    /// Cells it was after.
    pub targets: usize,
    /// Cells it worked out exactly.
    pub exact: usize,
    /// Cells it knows more closely than the rule allows, but not exactly.
    pub narrow: usize,
}

/// How far what was hidden beside the small counts may be from the cheapest choice.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Gap {
    /// The cost of the cells that were hidden beside the small counts, as [`Costs`] has it.
    pub found: f64,
    /// No choice that protects costs less than this.
    pub bound: f64,
}

impl Gap {
    /// The gap as a share of what was found: 0 when the choice is proved to be the cheapest.
    pub fn share(self) -> f64 {
        if self.found <= 0.0 { 0.0 } else { ((self.found - self.bound) / self.found).max(0.0) }
    }
}

/// A small count that no choice of hidden cells protects: what could be hidden beside it is hidden, and what is published
/// whatever happens still tells too much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exposed {
    /// The table it is in.
    pub table: String,
    /// Its coordinates: dimension and code, in the order of the table.
    #[serde(serialize_with = "as_object")]
    pub cell: Vec<(String, String)>,
    /// The tables with a waiver that have figures of the same cells, or of their sums.
    pub waived: Vec<String>,
}

impl std::fmt::Display for Exposed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cell: Vec<String> = self.cell.iter().map(|(d, c)| format!("{d}={c}")).collect();
        write!(f, "{} [{}]: ", self.table, cell.join(", "))?;
        if self.waived.is_empty() {
            write!(f, "nothing that may be hidden is left in the sums that it stands in")
        } else {
            write!(f, "what {} publishes whole gives it away", self.waived.join(" and "))
        }
    }
}

/// Protected cubes, and how they became so.
#[derive(Debug, Clone, PartialEq)]
pub struct Protection {
    /// The cubes, in the order in which they were given.
    pub cubes: Vec<ProtectedCube>,
    /// One report for each cube.
    pub tables: Vec<TableReport>,
    /// The attack on all cubes together.
    pub attack: Attack,
    /// The small counts that could not be protected, one for each of `exact` and `narrow`.
    pub exposed: Vec<Exposed>,
    /// Says so to whoever publishes or reads the cubes.
    pub certificate: Certificate,
    /// How far the choice may be from the cheapest; `None` where that was not asked for, or not worked out for all parts.
    pub gap: Option<Gap>,
}

impl Protection {
    /// Says which small counts cannot be protected and why, the first ten of them.
    pub fn unprotected(&self) -> String {
        const TOLD: usize = 10;
        let mut text = "the tables cannot be protected: hidden cells can still be worked out".to_owned();
        for exposed in self.exposed.iter().take(TOLD) {
            let _ = write!(text, "\n    {exposed}");
        }
        if self.exposed.len() > TOLD {
            let _ = write!(text, "\n    … and {} more", self.exposed.len() - TOLD);
        }
        text
    }
}

/// How published tables are attacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditOptions {
    /// Counts below this should not be known. When not given, it is one more than the largest
    /// upper bound among marks such as `<5`; without such marks, published small counts are no
    /// targets.
    pub threshold: Option<u64>,
    /// A cell is known too closely when its bounds are nearer than this. Never wider than what
    /// the mark itself leaves open.
    pub protection: u64,
    /// Whether small counts that are published openly are findings too.
    pub open_small: bool,
    /// Attack also cells without any figure (`Missing`): the figure that was left out.
    pub missing: bool,
    /// The reader's own record, dimensions with codes: he knows that he is counted in each cell that holds it. In a dimension that
    /// is not named he is in the total only.
    pub own: Vec<(String, String)>,
    /// How every count of the tables was rounded, if it was. Attacked is then each figure whose true count may be small, and the
    /// threshold is the base when none is given.
    pub rounded: Option<Rounded>,
    /// Whether the closest bounds for whole numbers are sought, by integer programmes, in parts of up to some 400 hidden cells:
    /// see [`Audit::reconstruction`]. It takes up to some minutes.
    pub whole: bool,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self {
            threshold: None,
            protection: 2,
            open_small: true,
            missing: true,
            own: Vec::new(),
            rounded: None,
            whole: false,
        }
    }
}

/// A cell of which a reader can learn too much.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The table it is in.
    pub table: String,
    /// Its coordinates: dimension and code, in the order of the table.
    #[serde(serialize_with = "as_object")]
    pub cell: Vec<(String, String)>,
    /// How it was published.
    pub published: String,
    /// The least it can be.
    pub lower: u64,
    /// The most it can be; `None` without bound.
    pub upper: Option<u64>,
    /// Whether it is known exactly.
    pub exact: bool,
    /// The probability that somebody who guesses within the bounds is right: 1 for a cell that is known exactly.
    pub risk: f64,
    /// The equations from which that follows, the last step first.
    pub because: Vec<String>,
    /// What to hide as well, or instead.
    pub repair: Vec<String>,
}

pub(crate) fn as_object<S: Serializer>(cell: &[(String, String)], s: S) -> Result<S::Ok, S::Error> {
    let mut map = s.serialize_map(Some(cell.len()))?;
    for (dimension, code) in cell {
        map.serialize_entry(dimension, code)?;
    }
    map.end()
}

/// What an outsider can derive from published tables.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Audit {
    /// Cells that were attacked.
    pub cells_attacked: usize,
    /// Cells that can be worked out exactly.
    pub exact: usize,
    /// Cells that can be worked out more closely than the rule allows, but not exactly.
    pub narrow: usize,
    /// The share of attacked cells that somebody who guesses within the bounds is expected to get right. Cells that stay
    /// open as far as the rule asks count as 0.
    pub risk: f64,
    /// The cells, worst first: by risk, then the smallest counts, then in the order of tables and keys.
    pub findings: Vec<Finding>,
    /// Equations between published figures that do not hold; they were left out.
    pub inconsistencies: Vec<String>,
    /// What whole numbers add; `None` where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconstruction: Option<Reconstruction>,
}
