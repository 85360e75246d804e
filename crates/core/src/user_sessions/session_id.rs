//! The name of a session on the wire: `tkn` and the sign-in's `origin_jti` with 25 digits of base 36.

const DIGITS: usize = 25;
const BASE: u128 = 36;

/// The id of the session whose tokens have this `origin_jti`.
#[must_use]
pub fn of_family(family: &str) -> String {
    let mut number = family
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .fold(0_u128, |number, digit| number.wrapping_mul(16).wrapping_add(u128::from(digit)));
    let mut digits = Vec::with_capacity(DIGITS);
    for _ in 0..DIGITS {
        let digit = u32::try_from(number % BASE).unwrap_or_default();
        digits.extend(char::from_digit(digit, 36));
        number /= BASE;
    }
    let digits: String = digits.into_iter().rev().collect();
    format!("tkn{digits}")
}

#[cfg(test)]
mod tests {
    use super::of_family;

    #[test]
    fn ids_have_their_form_and_are_distinct() {
        assert_eq!(of_family("00000000-0000-0000-0000-000000000000"), "tkn0000000000000000000000000");
        assert_eq!(of_family("00000000-0000-0000-0000-000000000024"), "tkn0000000000000000000000010");
        // 2^128 - 1 in base 36.
        assert_eq!(of_family("ffffffff-ffff-ffff-ffff-ffffffffffff"), "tknf5lxx1zz5pnorynqglhzmsp33");
    }
}
