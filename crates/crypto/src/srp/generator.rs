//! Powers of the generator from a table.
//!
//! Every check of a password and every challenge raises g to a secret exponent of 256 bits. With all g^(d·16^i) at hand
//! that takes 63 multiplications instead of the 340 of a general power. The table holds 64 windows of 16 entries, 384 KiB,
//! and is computed at the first use in about 1000 multiplications.

use std::sync::LazyLock;

use crypto_bigint::{CtAssign as _, CtEq as _, U3072};
use zeroize::Zeroizing;

use super::group::Element;

const WINDOWS: usize = 64;
const ENTRIES: usize = 16;

/// For each four-bit digit of the exponent, lowest first, the sixteen powers it can stand for.
static TABLE: LazyLock<Vec<[Element; ENTRIES]>> = LazyLock::new(|| {
    let mut table = Vec::with_capacity(WINDOWS);
    let mut base = Element::new(&U3072::from_u8(2));
    for _ in 0..WINDOWS {
        let mut next = Element::ONE;
        let window = core::array::from_fn(|_| {
            let after = next.mul(&base);
            core::mem::replace(&mut next, after)
        });
        table.push(window);
        // After sixteen steps this is base^16, where the next window starts.
        base = next;
    }
    table
});

/// g^exponent for a big-endian exponent. Which entries are multiplied does not show in time or in memory access: every
/// entry of each window is read.
pub(super) fn power(exponent: &[u8; 32]) -> Element {
    let digits = exponent.iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
    let mut product = Zeroizing::new(Element::ONE);
    let mut factor = Zeroizing::new(Element::ONE);
    for (window, digit) in TABLE.iter().zip(digits) {
        for (entry, number) in window.iter().zip(0u8..) {
            factor.ct_assign(entry, number.ct_eq(&digit));
        }
        *product = product.mul(&factor);
    }
    *product
}
