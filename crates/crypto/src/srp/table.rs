//! A table of numbers from which one is taken without showing which: neither in time nor in what is read from memory.

use crypto_bigint::CtEq as _;
use zeroize::{Zeroize, Zeroizing};

use super::montgomery::{LIMBS, Number};

/// Limbs that are chosen at a time, so that the choice stays in registers.
const CHUNK: usize = 26;
const CHUNKS: usize = LIMBS / CHUNK;

/// The numbers, cut into chunks: the same chunk of all of them stands together.
pub(super) struct Table<const ENTRIES: usize>([[[u64; CHUNK]; ENTRIES]; CHUNKS]);

impl<const ENTRIES: usize> Zeroize for Table<ENTRIES> {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl<const ENTRIES: usize> Table<ENTRIES> {
    /// The products of the numbers by which bits of an index are set, `bits` being those of single bits.
    pub(super) fn of_products(bits: &[Number]) -> Self {
        let mut entries = vec![Number::one()];
        for bit in bits {
            let with_bit: Vec<Number> = entries.iter().map(|entry| entry.multiply(bit)).collect();
            entries.extend(with_bit);
        }
        Self::new(entries)
    }

    /// The powers of a number from the zeroth.
    pub(super) fn of_powers(base: &Number) -> Self {
        Self::new(core::iter::successors(Some(Number::one()), |power| Some(power.multiply(base))))
    }

    fn new(entries: impl IntoIterator<Item = Number>) -> Self {
        let mut table = Self([[[0; CHUNK]; ENTRIES]; CHUNKS]);
        for (number, entry) in entries.into_iter().take(ENTRIES).enumerate() {
            for (chunk, limbs) in table.0.iter_mut().zip(entry.0.as_chunks::<CHUNK>().0) {
                if let Some(place) = chunk.get_mut(number) {
                    *place = *limbs;
                }
            }
        }
        table
    }

    /// The entry of this index.
    pub(super) fn get(&self, index: u8) -> Zeroizing<Number> {
        let mut masks = Zeroizing::new([0_u64; ENTRIES]);
        for (mask, number) in masks.iter_mut().zip(0_u8..) {
            *mask = u64::from(number.ct_eq(&index).to_u8()).wrapping_neg();
        }
        let mut found = Zeroizing::new(Number([0; LIMBS]));
        for (limbs, chunk) in found.0.as_chunks_mut::<CHUNK>().0.iter_mut().zip(&self.0) {
            let mut chosen = [0; CHUNK];
            for (entry, mask) in chunk.iter().zip(masks.iter()) {
                for (to, from) in chosen.iter_mut().zip(entry) {
                    *to |= from & mask;
                }
            }
            *limbs = chosen;
        }
        found
    }
}
