//! One row of a register: what it says of a person, and the mistakes in it.

use std::borrow::Cow;

use crate::codes::{Bloc, Country, Register};
use crate::days::{Day, age, date_of};
use crate::draw::Draw;
use crate::identity::{Identity, Slip};
use crate::layout::{DISTRICTS, Field, Kind, Layout, Places, unknown_code};
use crate::population::{Event, Person, Population};

/// Mistakes that intake must find, by the rule that finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    CodeUnknown,
    DateImpossible,
    DateFuture,
    DateBeforeBirth,
    AgeContradicts,
    RecordDuplicate,
    RecordMissing,
    DateMissing,
    RowRagged,
}

impl Mistake {
    /// Each with its rule and the probability that a row has it. The rate of duplicates is
    /// `population::DUPLICATE`.
    pub(crate) const ALL: [(Self, &'static str, f64); 9] = [
        (Self::CodeUnknown, "code.unknown", 0.004),
        (Self::DateImpossible, "date.impossible", 0.0015),
        (Self::DateFuture, "date.future", 0.001),
        (Self::DateBeforeBirth, "date.before_birth", 0.001),
        (Self::AgeContradicts, "age.contradicts_birth_date", 0.003),
        (Self::RecordDuplicate, "record.duplicate", 0.0),
        (Self::RecordMissing, "record.missing", 0.001),
        (Self::DateMissing, "date.missing", 0.001),
        (Self::RowRagged, "row.ragged", 0.0015),
    ];

    /// Whether a file of this layout and kind can hold the mistake: a real date is never
    /// impossible, and only delimited text has ragged rows.
    pub(crate) fn fits(self, layout: &Layout, kind: Kind) -> bool {
        match self {
            Self::DateImpossible => kind != Kind::Parquet,
            Self::AgeContradicts => layout.column(Field::Age).is_some(),
            Self::RowRagged => kind.is_csv(),
            _ => true,
        }
    }
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Empty,
    Text(Cow<'static, str>),
    Day(Day),
    /// Year, month and day that are no date.
    NoDate(i16, i8, i8),
    Number(i32),
}

/// A row of a register.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) person: u64,
    /// The record number; `None` where the mistake is that it is missing.
    pub(crate) record: Option<String>,
    /// In the order of the layout's columns.
    pub(crate) values: Vec<Value>,
    pub(crate) mistake: Option<Mistake>,
    /// Fields that the register left empty, without any mistake.
    pub(crate) empty: u32,
    pub(crate) slips: Vec<Slip>,
    /// The row lacks its last field (`false`) or has one too many (`true`).
    pub(crate) ragged: Option<bool>,
}

/// Probability that the register leaves each kind of field empty, by field.
fn left_empty(field: Field) -> f64 {
    match field {
        Field::Sex => 0.004,
        Field::Citizenship => 0.03,
        Field::Form => 0.06,
        Field::Place | Field::Age => 0.05,
        Field::Residence => 0.25,
        Field::Status => 0.1,
        Field::Organisation => 0.01,
        _ => 0.0,
    }
}

/// Probability that a register writes down another form of exploitation than the true one.
const OTHER_FORM: f64 = 0.015;
/// Probability that a report is of an established victim.
const ACTUAL: f64 = 0.15;

/// Makes rows of one register.
#[derive(Debug, Clone)]
pub(crate) struct Scribe<'a> {
    pub(crate) population: &'a Population,
    pub(crate) layout: &'a Layout,
    pub(crate) kind: Kind,
    /// Dates after this day are in the future.
    reference: Day,
    /// The columns of codes.
    coded: Vec<Field>,
}

/// What a register knows of a person, the same in all its reports; indices in the lists of
/// `codes`, `None` where it does not know.
struct Known {
    identity: Identity,
    form: Option<usize>,
    sex: Option<usize>,
    citizenship: Option<&'static Country>,
    place: Option<&'static str>,
    residence: Option<usize>,
    organisation: Option<&'static str>,
}

impl<'a> Scribe<'a> {
    /// A scribe for a register of `rows` rows.
    pub(crate) fn new(population: &'a Population, layout: &'a Layout, rows: u64, reference: Day) -> Self {
        let coded = layout.columns.iter().map(|c| c.0).filter(|f| f.variable().is_some()).collect();
        Self { population, layout, kind: layout.kind(rows), reference, coded }
    }

    /// The row of `event`. `number` is the record's number; `copy` says that the row repeats
    /// the one before it.
    pub(crate) fn row(&self, index: u64, person: &Person, event: Event, number: u64, copy: bool) -> Row {
        let streams = self.population.streams();
        let known = self.known(person, &mut streams.record(index, event.register));
        let draw = &mut streams.report(index, event.register, event.sequence);
        let mut mistake = if event.twice { None } else { self.mistake(draw) };
        let wrong = draw.pick(&self.coded);
        if copy {
            mistake = Some(Mistake::RecordDuplicate);
        }
        let date = date_of(event.day);
        let record = format!("{}{}-{:07}", self.layout.prefix, date.year(), number);
        let status = usize::from(draw.chance(ACTUAL));
        let shift = draw.below(1 << 16);
        // half of the copies have been worked on since: their status is another
        let status = if copy && draw.chance(0.5) { 1 - status } else { status };
        let mut birth = known.identity.birth;
        let mut written = event.day;
        match mistake {
            Some(Mistake::DateFuture) => written = self.reference + 1 + (shift % 700) as Day,
            Some(Mistake::DateBeforeBirth) => {
                let room = (self.reference - event.day).clamp(1, 1000) as u32;
                birth = Some(event.day + 1 + (shift % room) as Day);
            }
            Some(Mistake::AgeContradicts) => birth = birth.or(Some(person.birth)),
            _ => {}
        }
        let mut empty = 0;
        let mut values = Vec::with_capacity(self.layout.columns.len());
        for &(field, _) in self.layout.columns {
            if mistake == Some(Mistake::CodeUnknown) && field == wrong {
                values.push(Value::Text(Cow::Borrowed(unknown_code(field, self.layout.countries))));
                continue;
            }
            let text = |t: Option<&'static str>| t.map_or(Value::Empty, |t| Value::Text(Cow::Borrowed(t)));
            let value = match field {
                Field::Record if mistake == Some(Mistake::RecordMissing) => Value::Empty,
                Field::Record => Value::Text(Cow::Owned(record.clone())),
                Field::Pseudonym => Value::Text(Cow::Owned(Population::pseudonym(index))),
                Field::Date => match mistake {
                    Some(Mistake::DateMissing) => Value::Empty,
                    Some(Mistake::DateImpossible) => {
                        let (month, day) =
                            [(2, 31), (2, 30), (4, 31), (6, 31), (9, 31), (11, 31)][shift as usize % 6];
                        Value::NoDate(date.year(), month, day)
                    }
                    _ => Value::Day(written),
                },
                Field::Given => {
                    known.identity.given.as_ref().map_or(Value::Empty, |n| Value::Text(n.clone()))
                }
                Field::Family => known
                    .identity
                    .family
                    .as_ref()
                    .map_or(Value::Empty, |n| Value::Text(Cow::Owned(n.clone()))),
                Field::Birth => birth.map_or(Value::Empty, Value::Day),
                Field::Town => text(known.identity.town),
                Field::Age => age_of(person, written, birth, mistake, shift, draw),
                Field::Sex => text(known.sex.map(|s| self.layout.sexes[s])),
                Field::Citizenship => text(known.citizenship.map(|c| self.layout.countries.write(c))),
                Field::Form => text(known.form.map(|f| self.layout.forms[f])),
                Field::Place => text(known.place),
                Field::Residence => text(known.residence.map(|r| self.layout.residences[r])),
                Field::Status if draw.chance(left_empty(field)) => Value::Empty,
                Field::Status => text(Some(self.layout.statuses[status])),
                Field::Organisation => text(known.organisation),
            };
            let meant = matches!(
                (field, mistake),
                (Field::Record, Some(Mistake::RecordMissing))
                    | (Field::Date, Some(Mistake::DateMissing))
                    | (Field::Age, Some(Mistake::DateBeforeBirth))
            );
            empty += u32::from(value == Value::Empty && !meant);
            values.push(value);
        }
        Row {
            person: index,
            record: (mistake != Some(Mistake::RecordMissing)).then_some(record),
            values,
            mistake,
            empty,
            slips: known.identity.slips,
            ragged: (mistake == Some(Mistake::RowRagged)).then_some(shift % 2 == 1),
        }
    }

    fn mistake(&self, draw: &mut Draw) -> Option<Mistake> {
        let mut u = draw.unit();
        for (mistake, _, rate) in Mistake::ALL {
            if u < rate {
                return mistake.fits(self.layout, self.kind).then_some(mistake);
            }
            u -= rate;
        }
        None
    }

    fn known(&self, person: &Person, draw: &mut Draw) -> Known {
        let identity = Identity::new(person, self.layout.register, draw);
        let mut knows = |field: Field| !draw.chance(left_empty(field));
        let (sex, citizenship, form, place, residence, organisation) = (
            knows(Field::Sex),
            knows(Field::Citizenship),
            knows(Field::Form),
            knows(Field::Place),
            knows(Field::Residence),
            knows(Field::Organisation),
        );
        let written = match person.group.form {
            f if !draw.chance(OTHER_FORM) => f,
            // the border between the two is the one most often misjudged
            0 => 1,
            1 => 0,
            _ => draw.below(self.layout.forms.len() as u32) as usize,
        };
        let town = match self.layout.places {
            Places::Districts => DISTRICTS[draw.weighted(&[70, 8, 12, 10])],
            _ => self.layout.place(person.unit),
        };
        let reporter = self.organisation(person, draw);
        Known {
            identity,
            form: form.then_some(written),
            sex: sex.then_some(person.group.sex),
            citizenship: citizenship.then_some(person.country),
            place: place.then_some(town),
            residence: residence.then_some(person.residence),
            organisation: if organisation { reporter } else { None },
        }
    }

    /// What the register writes for the organisation that reports.
    fn organisation(&self, person: &Person, draw: &mut Draw) -> Option<&'static str> {
        let abroad = person.country.bloc == Bloc::Elsewhere;
        let index = match self.layout.register {
            Register::Coordinators => 0,
            Register::Shelters if person.group.age > 0 => 1,
            Register::Shelters => 2 + usize::from(abroad),
            Register::Others => match (person.group.form, abroad) {
                (2, _) => 4 + draw.weighted(&[80, 2, 2, 6, 7, 3]),
                (_, true) => 4 + draw.weighted(&[5, 35, 30, 15, 10, 5]),
                (_, false) => 4 + draw.weighted(&[5, 0, 0, 25, 45, 25]),
            },
            Register::Police | Register::Kmar | Register::Inspectorate => return None,
        };
        Some(self.layout.organisations[index]).filter(|text| !text.is_empty())
    }
}

/// The age that the register states: by its own date of birth, so that the two agree unless
/// the mistake is that they do not.
fn age_of(
    person: &Person,
    day: Day,
    birth: Option<Day>,
    mistake: Option<Mistake>,
    shift: u32,
    draw: &mut Draw,
) -> Value {
    let age = age(date_of(birth.unwrap_or(person.birth)), date_of(day));
    match mistake {
        Some(Mistake::DateBeforeBirth) => Value::Empty,
        Some(Mistake::AgeContradicts) => {
            let off = 3 + (shift % 7) as i32;
            Value::Number(if shift & 0x100 == 0 { age + off } else { age - off })
        }
        _ if draw.chance(left_empty(Field::Age)) => Value::Empty,
        _ => Value::Number(age),
    }
}
