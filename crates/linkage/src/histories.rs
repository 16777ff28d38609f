//! Capture histories: which registers each person is in, for the point partition and for each draw.

use model::{CaptureTable, MAX_LISTS};
use rayon::prelude::*;

use crate::random::{below, stream};
use crate::{Error, Linked};

/// Histories of persons over the registers.
#[derive(Debug)]
pub struct Histories {
    /// By the likeliest links.
    pub point: CaptureTable,
    /// By draw, all equally likely.
    pub draws: Vec<CaptureTable>,
}

impl Histories {
    /// Counts them; `None` when there are fewer than two registers, or more than a table of capture
    /// histories can have.
    ///
    /// # Errors
    /// When two registers have one name.
    pub fn of(linked: &Linked, seed: u64) -> Result<Option<Self>, Error> {
        let names = linked.records.register_names().to_vec();
        if !(2..=MAX_LISTS).contains(&names.len()) {
            return Ok(None);
        }
        let registers = linked.records.registers();
        let table = |persons: &[u32]| {
            let mut seen = vec![0_u32; persons.iter().map(|&p| p as usize + 1).max().unwrap_or(0)];
            for (&person, &register) in persons.iter().zip(registers) {
                seen[person as usize] |= 1 << register;
            }
            let mut counts = std::collections::BTreeMap::new();
            for &history in seen.iter().filter(|history| **history > 0) {
                *counts.entry(history).or_insert(0_u64) += 1;
            }
            CaptureTable::from_counts(names.clone(), counts).map_err(|e| Error::Records(e.to_string()))
        };
        let point = table(&linked.clusters.point.person)?;
        let draws = (0..linked.draws.len())
            .into_par_iter()
            .map(|d| table(&linked.drawn(d, seed)))
            .collect::<Result<_, _>>()?;
        Ok(Some(Self { point, draws }))
    }
}

impl Linked {
    /// The person of each record in a draw. Not every number need be that of a person.
    ///
    /// A record that a draw calls lost, alone and yet of a person with other records, is put with a record of
    /// another register drawn at random, or of any where there is one register: of whom it is is not known, but
    /// it is someone who is there already.
    ///
    /// # Panics
    /// When there are not so many draws.
    pub fn drawn(&self, draw: usize, seed: u64) -> Vec<u32> {
        let registers = self.records.registers();
        let several = self.records.register_names().len() > 1;
        let mut persons = self.draws.partition(draw).person;
        let lost = &self.lost[draw];
        let mut gone = vec![false; persons.iter().map(|&p| p as usize + 1).max().unwrap_or(0)];
        for &record in lost {
            gone[persons[record as usize] as usize] = true;
        }
        let mut rng = stream(seed, 1 << 41 | (draw as u64 + 1));
        let found: Vec<Option<u32>> = lost
            .iter()
            .map(|&record| {
                let register = registers[record as usize];
                // A few tries are enough but where hardly another person is there to be put with.
                (0..64).find_map(|_| {
                    let other = below(&mut rng, registers.len());
                    let may = !several || registers[other] != register;
                    (may && !gone[persons[other] as usize]).then_some(persons[other])
                })
            })
            .collect();
        for (&record, found) in lost.iter().zip(found) {
            if let Some(person) = found {
                persons[record as usize] = person;
            }
        }
        persons
    }
}
