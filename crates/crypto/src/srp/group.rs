//! The group: arithmetic modulo the 3072-bit prime of RFC 3526 (group 15) with generator 2, and numbers as bytes.
//!
//! Powers take constant time for exponents of the same length in bytes.

use crypto_bigint::modular::ConstMontyForm;
use crypto_bigint::{NonZero, U256, U3072, U4096, const_monty_params};
use zeroize::Zeroizing;

use super::generator;
use super::montgomery::Number;
use super::table::Table;
use crate::encoding::encode_hex;
use crate::work;

/// Length of a group element in bytes.
pub(super) const ELEMENT_BYTES: usize = 384;

const_monty_params!(
    Modulus,
    U3072,
    "\
     ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
     ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
     ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f\
     83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b\
     e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510\
     15728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7\
     abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c\
     bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff",
    "The prime N of RFC 3526, section 4."
);

/// A number modulo N.
pub(super) type Element = ConstMontyForm<Modulus, { U3072::LIMBS }>;

/// k = SHA-256(pad(N) | pad(g)), the multiplier of SRP-6a.
const MULTIPLIER: [u8; 32] = [
    0x53, 0x82, 0x82, 0xc4, 0x35, 0x47, 0x42, 0xd7, 0xcb, 0xbd, 0xe2, 0x35, 0x9f, 0xcf, 0x67, 0xf9, 0xf5,
    0xb3, 0xa6, 0xb0, 0x87, 0x91, 0xe5, 0x01, 0x1b, 0x43, 0xb8, 0xa5, 0xb6, 0x6d, 0x9e, 0xe6,
];

/// A secret exponent. Only its length in bytes shows in how long a power takes.
pub(super) struct Exponent(Zeroizing<Vec<u8>>);

impl Exponent {
    /// Reads big-endian bytes, at most [`ELEMENT_BYTES`] of them.
    pub(super) fn from_be_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() <= ELEMENT_BYTES).then(|| Self(Zeroizing::new(bytes.to_vec())))
    }
}

impl From<&[u8; 32]> for Exponent {
    fn from(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

/// base^exponent, four bits of the exponent at a time.
pub(super) fn power(base: &Element, exponent: &Exponent) -> Element {
    let powers = Zeroizing::new(Table::<16>::of_powers(&Zeroizing::new(Number::from(base))));
    let mut product = Zeroizing::new(Number::one());
    for byte in exponent.0.iter() {
        for digit in [byte >> 4, byte & 15] {
            for _ in 0..4 {
                *product = product.square();
            }
            *product = product.multiply(&powers.get(digit));
        }
    }
    Element::from(&*product)
}

/// g^exponent, from a table unless the exponent is longer than ours ever are.
pub(super) fn generator_power(exponent: &Exponent) -> Element {
    work::count(work::Kind::Power);
    match right_align(&exponent.0).map(Zeroizing::new) {
        Some(short) if exponent.0.len() <= 32 => generator::power(&short),
        _ => power(&Element::new(&U3072::from_u8(2)), exponent),
    }
}

/// k, see [`MULTIPLIER`].
pub(super) fn multiplier() -> Element {
    Element::new(&U256::from_be_slice(&MULTIPLIER).resize())
}

/// Reads a big-endian number of at most 512 bytes (not counting leading zeros) and reduces it. For numbers from outside,
/// which may be larger than N.
pub(super) fn reduce(bytes: &[u8]) -> Option<Element> {
    let wide = U4096::from_be_slice(&right_align::<512>(bytes)?);
    let modulus: NonZero<U3072> = Element::MODULUS.into();
    Some(Element::new(&wide.rem(&modulus)))
}

/// Reads a number below 2^3072 and reduces it.
pub(super) fn from_fixed_bytes(bytes: &[u8; ELEMENT_BYTES]) -> Element {
    Element::new(&U3072::from_be_slice(bytes))
}

/// The element big-endian with leading zeros.
pub(super) fn to_fixed_bytes(element: &Element) -> [u8; ELEMENT_BYTES] {
    let mut bytes = [0; ELEMENT_BYTES];
    let number = Zeroizing::new(element.retrieve());
    bytes.copy_from_slice(number.to_be_bytes().as_ref());
    bytes
}

/// The bytes of a big-endian number in a fixed length, `None` if it does not fit.
fn right_align<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let bytes = trim(bytes);
    let mut fixed = [0; N];
    let start = N.checked_sub(bytes.len())?;
    fixed.get_mut(start..)?.copy_from_slice(bytes);
    Some(fixed)
}

/// A big-endian number without leading zero bytes; zero is empty.
pub(super) fn trim(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// A non-negative big-endian number as it goes into every hash: without leading zero bytes, but with one in front if the
/// top bit is set, and one zero byte for zero. This is the two's complement form that Java's `BigInteger.toByteArray`
/// gives and all of Cognito's clients follow. RFC 5054 would pad to the length of N instead.
pub(super) fn pad(number: &[u8]) -> Zeroizing<Vec<u8>> {
    let number = trim(number);
    let mut padded = Zeroizing::new(Vec::with_capacity(number.len() + 1));
    if number.first().is_none_or(|byte| *byte >= 0x80) {
        padded.push(0);
    }
    padded.extend_from_slice(number);
    padded
}

/// A big-endian number as it travels: lower-case hex without leading zeros, `0` for zero. The number of digits may be odd.
pub(super) fn to_wire_hex(number: &[u8]) -> String {
    let digits = encode_hex(number);
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        significant => significant.to_owned(),
    }
}
