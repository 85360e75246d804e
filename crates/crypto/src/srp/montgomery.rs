//! Numbers modulo N for powers, in Montgomery form with R = 2^3120.
//!
//! A number is 52 limbs of 60 bits. The products of two limbs have 120 bits, so a whole column of a multiplication adds up in
//! 128 bits, and carries are taken once for each result instead of once for each product. That makes this a third faster
//! than arithmetic with limbs of 64 bits, which has fewer products but carries in each, and it makes Karatsuba's method
//! simple: columns are subtracted from each other without a carry or a sign. R is 48 bits longer than N, so the result of
//! a multiplication is below 2·N whenever both factors are, and nothing ever has to be compared or subtracted.
//!
//! Nothing here branches on a number or uses one as an index.

#![expect(
    clippy::indexing_slicing,
    reason = "every index is a counter with constant bounds, and bounds that are constant too are what is fast"
)]

use std::sync::LazyLock;

use crypto_bigint::U3072;
use zeroize::{Zeroize, Zeroizing};

use super::group::{ELEMENT_BYTES, Element};

const BITS: usize = 60;
const MASK: u64 = (1 << BITS) - 1;
pub(super) const LIMBS: usize = 52;
/// Two limbs are fifteen bytes.
const PAIR_BYTES: usize = 15;

/// Limbs of a half and of a quarter, and columns of the products of such.
const HALF: usize = LIMBS / 2;
const QUARTER: usize = LIMBS / 4;
const HALF_COLUMNS: usize = 2 * HALF - 1;
const QUARTER_COLUMNS: usize = 2 * QUARTER - 1;

/// The columns of a product, and room for what reducing it carries.
type Columns = [u128; 2 * LIMBS];

/// A number below 2·N, times R. Each limb is below 2^60.
#[derive(Clone, Copy)]
pub(super) struct Number(pub(super) [u64; LIMBS]);

impl Zeroize for Number {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// The modulus, and its parts as multiplication takes them.
struct Modulus {
    low: [[u64; QUARTER]; 2],
    high: [u64; HALF],
    /// R^2, which brings numbers into Montgomery form.
    square_of_r: Number,
}

static MODULUS: LazyLock<Modulus> = LazyLock::new(|| {
    let (low, high, _) = split(&limbs(&Element::MODULUS.get()).0);
    let (lowest, second, _) = split(&low);
    let exponent = U3072::from_u64(2 * (BITS * LIMBS) as u64);
    let square_of_r = Element::new(&U3072::from_u8(2)).pow(&exponent);
    Modulus { low: [lowest, second], high, square_of_r: limbs(&square_of_r.retrieve()) }
});

impl Number {
    pub(super) fn one() -> Self {
        Self::from(&Element::ONE)
    }

    pub(super) fn multiply(&self, other: &Self) -> Self {
        let (low, high, sum) = split(&self.0);
        let (other_low, other_high, other_sum) = split(&other.0);
        reduce(&mut join(
            &half_product(&low, &other_low),
            &half_product(&sum, &other_sum),
            &half_product(&high, &other_high),
        ))
    }

    pub(super) fn square(&self) -> Self {
        let (low, high, sum) = split(&self.0);
        reduce(&mut join(&half_square(&low), &half_square(&sum), &half_square(&high)))
    }
}

impl From<&Element> for Number {
    fn from(element: &Element) -> Self {
        let number = Zeroizing::new(element.retrieve());
        Zeroizing::new(limbs(&number)).multiply(&MODULUS.square_of_r)
    }
}

impl From<&Number> for Element {
    fn from(number: &Number) -> Self {
        let mut one = [0; LIMBS];
        one[0] = 1;
        // At most N, and N itself only for zero.
        let plain = Zeroizing::new(number.multiply(&Number(one)));
        let mut bytes = Zeroizing::new([0; LIMBS / 2 * PAIR_BYTES]);
        for (to, pair) in bytes.chunks_exact_mut(PAIR_BYTES).zip(plain.0.as_chunks::<2>().0) {
            let pair = u128::from(pair[0]) | u128::from(pair[1]) << BITS;
            to.copy_from_slice(&pair.to_le_bytes()[..PAIR_BYTES]);
        }
        Self::new(&Zeroizing::new(U3072::from_le_slice(&bytes[..ELEMENT_BYTES])))
    }
}

/// Cuts a number into limbs.
fn limbs(number: &U3072) -> Number {
    let bytes = Zeroizing::new(number.to_le_bytes());
    let mut limbs = [0; LIMBS];
    for (pair, from) in limbs.as_chunks_mut::<2>().0.iter_mut().zip(bytes.as_ref().chunks(PAIR_BYTES)) {
        let mut padded = Zeroizing::new([0; 16]);
        padded[..from.len()].copy_from_slice(from);
        let both = u128::from_le_bytes(*padded);
        *pair = [low_bits(both), low_bits(both >> BITS)];
    }
    Number(limbs)
}

#[inline]
const fn low_bits(column: u128) -> u64 {
    column as u64 & MASK
}

#[inline(always)]
fn product(left: u64, right: u64) -> u128 {
    u128::from(left) * u128::from(right)
}

/// The lower half, the upper half, and the sums of both, which are a bit longer.
#[inline]
fn split<const N: usize, const H: usize>(limbs: &[u64; N]) -> ([u64; H], [u64; H], [u64; H]) {
    let low = core::array::from_fn(|index| limbs[index]);
    let high = core::array::from_fn(|index| limbs[H + index]);
    (low, high, core::array::from_fn(|index| limbs[index] + limbs[H + index]))
}

/// Karatsuba's way to a product of two parts each: `middle` is the product of the sums of the parts.
#[inline]
fn join<const C: usize, const W: usize>(low: &[u128; C], middle: &[u128; C], high: &[u128; C]) -> [u128; W] {
    let half = C.div_ceil(2);
    let mut columns = [0; W];
    columns[..C].copy_from_slice(low);
    columns[2 * half..2 * half + C].copy_from_slice(high);
    for index in 0..C {
        columns[half + index] += middle[index] - low[index] - high[index];
    }
    columns
}

/// Limbs may have 61 bits: 26 products of 122 bits in a column make less than 127.
#[inline(never)]
fn half_product(left: &[u64; HALF], right: &[u64; HALF]) -> [u128; HALF_COLUMNS] {
    let (low, high, sum) = split(left);
    let (right_low, right_high, right_sum) = split(right);
    join(
        &quarter_product(&low, &right_low),
        &quarter_product(&sum, &right_sum),
        &quarter_product(&high, &right_high),
    )
}

#[inline(never)]
fn half_square(limbs: &[u64; HALF]) -> [u128; HALF_COLUMNS] {
    let (low, high, sum) = split(limbs);
    join(&quarter_square(&low), &quarter_square(&sum), &quarter_square(&high))
}

/// Limbs may have 62 bits: 13 products of 124 bits in a column make less than 128.
#[inline(never)]
fn quarter_product(left: &[u64; QUARTER], right: &[u64; QUARTER]) -> [u128; QUARTER_COLUMNS] {
    let mut columns = [0; QUARTER_COLUMNS];
    for row in 0..QUARTER {
        for index in 0..QUARTER {
            columns[row + index] += product(left[row], right[index]);
        }
    }
    columns
}

/// Every product of two different limbs is there twice.
#[inline(never)]
fn quarter_square(limbs: &[u64; QUARTER]) -> [u128; QUARTER_COLUMNS] {
    let mut columns = [0; QUARTER_COLUMNS];
    for row in 0..QUARTER {
        let twice = 2 * limbs[row];
        columns[2 * row] += product(limbs[row], limbs[row]);
        for index in row + 1..QUARTER {
            columns[row + index] += product(twice, limbs[index]);
        }
    }
    columns
}

/// Divides by R modulo N: adds a multiple of N that makes the lower 52 limbs zero. No column ever holds more than 104
/// products of 120 bits and a carry.
#[inline(never)]
fn reduce(columns: &mut Columns) -> Number {
    let Modulus { low: [lowest, second], high, .. } = &*MODULUS;
    for half in [0, HALF] {
        let mut digits = [0; HALF];
        for quarter in [0, QUARTER] {
            let start = half + quarter;
            let found = eliminate(window(columns, start), lowest);
            add(window(columns, start + QUARTER), &quarter_product(&found, second));
            digits[quarter..quarter + QUARTER].copy_from_slice(&found);
        }
        add(window(columns, half + HALF), &half_product(&digits, high));
    }
    let mut limbs = [0; LIMBS];
    let mut carry = 0;
    for (limb, column) in limbs.iter_mut().zip(&columns[LIMBS..]) {
        let column = column + carry;
        *limb = low_bits(column);
        carry = column >> BITS;
    }
    Number(limbs)
}

/// Finds the digits by which the lowest quarter of N must be multiplied so that the first 13 columns vanish, and adds the
/// product. The lowest limb of N is 2^60 - 1, so each digit is what stands in its column.
#[inline(never)]
fn eliminate(columns: &mut [u128; 2 * QUARTER], lowest: &[u64; QUARTER]) -> [u64; QUARTER] {
    let mut digits = [0; QUARTER];
    for row in 0..QUARTER {
        let digit = low_bits(columns[row]);
        columns[row + 1] += (columns[row] >> BITS) + u128::from(digit);
        for index in 1..QUARTER {
            columns[row + index] += product(digit, lowest[index]);
        }
        digits[row] = digit;
    }
    digits
}

#[inline]
#[expect(clippy::expect_used, reason = "constants see to it that the window is inside")]
fn window<const N: usize>(columns: &mut Columns, start: usize) -> &mut [u128; N] {
    columns[start..].first_chunk_mut().expect("the window is inside")
}

#[inline]
fn add<const N: usize>(columns: &mut [u128; N], others: &[u128; N]) {
    for (column, other) in columns.iter_mut().zip(others) {
        *column += other;
    }
}
