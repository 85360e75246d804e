//! Our own arithmetic against that of crypto-bigint.

use crypto_bigint::U3072;
use proptest::prelude::*;

use super::generator;
use super::group::{self, ELEMENT_BYTES, Element, Exponent};
use super::montgomery::{LIMBS, Number};
use super::table::Table;

fn two() -> Element {
    Element::new(&U3072::from_u8(2))
}

/// base^exponent by crypto-bigint.
fn expected_power(base: &Element, exponent: &[u8]) -> Element {
    let mut fixed = [0; ELEMENT_BYTES];
    fixed[ELEMENT_BYTES - exponent.len()..].copy_from_slice(exponent);
    base.pow(&U3072::from_be_slice(&fixed))
}

fn edges() -> Vec<Element> {
    let ones = Element::new(&U3072::MAX);
    let top = Element::new(&U3072::ONE.shl(3071));
    vec![Element::ZERO, Element::ONE, two(), Element::ONE.neg(), two().neg(), ones, top, ones.mul(&top)]
}

fn check(left: &Element, right: &Element) {
    let (first, second) = (Number::from(left), Number::from(right));
    assert_eq!(Element::from(&first), *left);
    assert_eq!(Element::from(&first.multiply(&second)), left.mul(right));
    assert_eq!(Element::from(&first.square()), left.square());
    assert!(first.multiply(&second).0.iter().all(|limb| *limb < 1 << 60));
}

#[test]
fn the_edges_of_the_range_are_multiplied_rightly() {
    for left in edges() {
        for right in edges() {
            check(&left, &right);
        }
    }
}

#[test]
fn factors_may_be_as_large_as_results_can_be_and_larger() {
    // 2^3073 - 1, more than 2 * N, with every limb as large as it can be.
    let mut limbs = [(1 << 60) - 1; LIMBS];
    limbs[LIMBS - 1] = (1 << 13) - 1;
    let mut largest = Number(limbs);
    let mut expected = Element::from(&largest);
    for _ in 0..10 {
        assert_eq!(
            Element::from(&largest.multiply(&Number(limbs))),
            expected.mul(&Element::from(&Number(limbs)))
        );
        assert_eq!(Element::from(&largest.square()), expected.square());
        largest = largest.square();
        expected = expected.square();
    }
}

#[test]
fn a_table_gives_back_what_is_in_it() {
    let base = Element::new(&U3072::from_u64(0x1234_5678_9abc_def1));
    let table = Table::<16>::of_powers(&Number::from(&base));
    let bits: Vec<Number> = edges().iter().skip(2).take(4).map(Number::from).collect();
    let products = Table::<16>::of_products(&bits);
    for index in 0..16 {
        assert_eq!(Element::from(&*table.get(index)), expected_power(&base, &[index]));
        let product = (0..4)
            .filter(|bit| index >> bit & 1 == 1)
            .fold(Element::ONE, |product, bit| product.mul(&Element::from(&bits[bit])));
        assert_eq!(Element::from(&*products.get(index)), product);
    }
}

#[test]
fn every_bit_of_an_exponent_of_the_generator_counts_once() {
    let mut expected = two();
    let mut all = Element::ONE;
    for bit in 0..256 {
        let mut exponent = [0; 32];
        exponent[31 - bit / 8] = 1 << (bit % 8);
        assert_eq!(generator::power(&exponent), expected, "{bit}");
        all = all.mul(&expected);
        expected = expected.square();
    }
    assert_eq!(generator::power(&[0; 32]), Element::ONE);
    assert_eq!(generator::power(&[0xff; 32]), all);
}

#[test]
fn exponents_of_every_length_are_taken() {
    for length in [0, 1, 31, 32, 33, 128, 384] {
        let bytes: Vec<u8> = (0..length).map(|index| 255 - (index * 7 % 251) as u8).collect();
        let exponent = Exponent::from_be_bytes(&bytes).unwrap();
        assert_eq!(group::generator_power(&exponent), expected_power(&two(), &bytes), "{length}");
        assert_eq!(group::power(&two().neg(), &exponent), expected_power(&two().neg(), &bytes), "{length}");
    }
    assert!(Exponent::from_be_bytes(&[0; 385]).is_none());
}

fn element() -> impl Strategy<Value = Element> {
    proptest::collection::vec(any::<u8>(), ELEMENT_BYTES)
        .prop_map(|bytes| Element::new(&U3072::from_be_slice(&bytes)))
}

proptest! {
    #[test]
    fn numbers_are_multiplied_as_crypto_bigint_does(left in element(), right in element()) {
        check(&left, &right);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn powers_are_those_of_crypto_bigint(base in element(), exponent: [u8; 32]) {
        prop_assert_eq!(generator::power(&exponent), expected_power(&two(), &exponent));
        let power = group::power(&base, &Exponent::from(&exponent));
        prop_assert_eq!(power, expected_power(&base, &exponent));
    }
}
