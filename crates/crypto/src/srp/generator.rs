//! Powers of the generator from a table.
//!
//! Every check of a password and every challenge raises g to a secret exponent of 256 bits. The exponent is written as
//! a comb (C. H. Lim and P. J. Lee, "More flexible exponentiation with precomputation", 1994): six teeth of 44 bits,
//! one under the other, read column by column. The columns stand in eleven blocks of four, and each block has a table of
//! the 64 products its columns can stand for. The first columns of all blocks are multiplied, then squared and followed by
//! the second ones, and so on: 44 multiplications and 3 squarings, where a general power takes 340. The tables hold
//! 286 KiB and are computed at the first use in about 900 multiplications.

use std::sync::LazyLock;

use crypto_bigint::U3072;
use zeroize::Zeroizing;

use super::group::Element;
use super::montgomery::Number;
use super::table::Table;

const TEETH: usize = 6;
const BLOCKS: usize = 11;
/// Columns in a block.
const COLUMNS: usize = 4;
/// Bits from a tooth to the next: 6 * 44 is the least that covers 256.
const TOOTH_BITS: usize = BLOCKS * COLUMNS;

/// For each block, lowest first, the products of g^(2^bit) over the bits of a column that are set.
static TABLES: LazyLock<Vec<Table<{ 1 << TEETH }>>> = LazyLock::new(|| {
    let generator = Number::from(&Element::new(&U3072::from_u8(2)));
    // g^(2^bit) for every bit of the comb.
    let bits: Vec<Number> = core::iter::successors(Some(generator), |power| Some(power.square()))
        .take(TEETH * TOOTH_BITS)
        .collect();
    (0..BLOCKS)
        .map(|block| {
            let teeth: Vec<Number> = bits.iter().skip(block * COLUMNS).step_by(TOOTH_BITS).copied().collect();
            Table::of_products(&teeth)
        })
        .collect()
});

/// g^exponent for a big-endian exponent. Which entries are multiplied does not show in time or in memory access: every
/// entry of each block is read for each of its columns.
pub(super) fn power(exponent: &[u8; 32]) -> Element {
    let mut product = Zeroizing::new(Number::one());
    for column in (0..COLUMNS).rev() {
        if column + 1 < COLUMNS {
            *product = product.square();
        }
        for (block, table) in TABLES.iter().enumerate() {
            let digit = Zeroizing::new(digit(exponent, block * COLUMNS + column));
            *product = product.multiply(&table.get(*digit));
        }
    }
    Element::from(&*product)
}

/// The bits of a column, that of the lowest tooth last.
fn digit(exponent: &[u8; 32], column: usize) -> u8 {
    let bit = |tooth: usize| {
        let position = tooth * TOOTH_BITS + column;
        let byte = exponent.iter().rev().nth(position / 8).copied().unwrap_or_default();
        byte >> (position % 8) & 1
    };
    (0..TEETH).rev().fold(0, |digit, tooth| digit << 1 | bit(tooth))
}
