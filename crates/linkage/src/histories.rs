//! Capture histories: which registers each person is in, for the point partition and for each draw.

use model::{CaptureTable, MAX_LISTS};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::cluster::Partition;
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
    /// A record that a draw calls lost, alone and yet of a person with other records, is put with a record of
    /// another register drawn at random: of whom it is is not known, but it is someone who is there already.
    ///
    /// # Errors
    /// When two registers have one name.
    pub fn of(linked: &Linked, seed: u64) -> Result<Option<Self>, Error> {
        let names = linked.records.register_names().to_vec();
        if !(2..=MAX_LISTS).contains(&names.len()) {
            return Ok(None);
        }
        let registers = linked.records.registers();
        let table = |persons: &Partition, lost: &[u32], rng: &mut ChaCha8Rng| {
            let mut seen = vec![0_u32; persons.persons];
            for (&person, &register) in persons.person.iter().zip(registers) {
                seen[person as usize] |= 1 << register;
            }
            let own: Vec<u32> = lost.iter().map(|&r| persons.person[r as usize]).collect();
            let mut gone = vec![false; persons.persons];
            for p in own {
                gone[p as usize] = true;
            }
            for &record in lost {
                let register = registers[record as usize];
                // A few tries are enough but where hardly another person is there to be put with.
                let other = (0..64).find_map(|_| {
                    let other = below(rng, registers.len());
                    let person = persons.person[other] as usize;
                    (registers[other] != register && !gone[person]).then_some(person)
                });
                if let Some(person) = other {
                    seen[person] |= 1 << register;
                }
            }
            let mut counts = std::collections::BTreeMap::new();
            for (&history, _) in seen.iter().zip(&gone).filter(|(_, gone)| !**gone) {
                *counts.entry(history).or_insert(0_u64) += 1;
            }
            CaptureTable::from_counts(names.clone(), counts).map_err(|e| Error::Records(e.to_string()))
        };
        let rng = |draw: u64| stream(seed, 1 << 41 | draw);
        let point = table(&linked.clusters.point, &[], &mut rng(0))?;
        let draws = (0..linked.draws.len())
            .into_par_iter()
            .map(|d| table(&linked.draws.partition(d), &linked.lost[d], &mut rng(d as u64 + 1)))
            .collect::<Result<_, _>>()?;
        Ok(Some(Self { point, draws }))
    }
}
