//! The client's side of SRP, written anew over another library of numbers than the server's.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::{BigInt, BigUint};

use crate::sign_in::Step;

/// RFC 3526, the group of 3072 bits; its generator is 2.
const PRIME: &[u8] = b"ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e34\
    04ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a89\
    9fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f3562085\
    52bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c\
    52c9de2bcbf6955817183995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458db\
    ef0a8aea71575d060c7db3970f85a6e1e4c7abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec8\
    6a64521f2b18177b200cbbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffff\
    ffff";

/// A client that wants to prove a password.
pub struct Client {
    prime: BigUint,
    secret: BigUint,
    public: BigUint,
}

impl Client {
    /// With a secret number made of this byte.
    pub fn new(byte: u8) -> Self {
        let prime = BigUint::parse_bytes(PRIME, 16).unwrap();
        let secret = BigUint::from_bytes_be(&[byte; 32]);
        let public = BigUint::from(2u8).modpow(&secret, &prime);
        Self { prime, secret, public }
    }

    /// SRP_A.
    pub fn public(&self) -> String {
        format!("{:x}", self.public)
    }

    /// The answer to a PASSWORD_VERIFIER challenge.
    pub fn prove(&self, asked: &Step, pool_id: &str, password: &str, now_ms: i64) -> Vec<(String, String)> {
        let number = |name: &str| BigUint::parse_bytes(asked.parameter(name).as_bytes(), 16).unwrap();
        let (salt, theirs) = (number("SALT"), number("SRP_B"));
        let (pool, user) = (pool_id.split_once('_').unwrap().1, asked.parameter("USER_ID_FOR_SRP"));
        let (block, timestamp) = (asked.parameter("SECRET_BLOCK"), timestamp(now_ms));

        let generator = BigUint::from(2u8);
        let multiplier = hashed(&[&padded(&self.prime), &padded(&generator)]);
        let scrambler = hashed(&[&padded(&self.public), &padded(&theirs)]);
        let inner = digest(&SHA256, format!("{pool}{user}:{password}").as_bytes());
        let private = hashed(&[&padded(&salt), inner.as_ref()]);
        let verifier = generator.modpow(&private, &self.prime);
        let base = (&theirs + &self.prime - multiplier * verifier % &self.prime) % &self.prime;
        let shared = base.modpow(&(&self.secret + &scrambler * &private), &self.prime);

        let extracted = tag(&padded(&scrambler), &[&padded(&shared)]);
        let expanded = tag(&extracted, &[b"Caldera Derived Key\x01"]);
        let decoded = STANDARD.decode(block).unwrap();
        let signature =
            tag(&expanded[..16], &[pool.as_bytes(), user.as_bytes(), &decoded, timestamp.as_bytes()]);
        [
            ("PASSWORD_CLAIM_SIGNATURE", STANDARD.encode(signature)),
            ("PASSWORD_CLAIM_SECRET_BLOCK", block.to_owned()),
            ("TIMESTAMP", timestamp),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// As two's complement, like Java's numbers.
fn padded(number: &BigUint) -> Vec<u8> {
    BigInt::from(number.clone()).to_signed_bytes_be()
}

fn hashed(parts: &[&[u8]]) -> BigUint {
    BigUint::from_bytes_be(digest(&SHA256, &parts.concat()).as_ref())
}

/// HMAC with SHA-256.
pub fn tag(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    sign(&Key::new(HMAC_SHA256, key), &parts.concat()).as_ref().to_vec()
}

/// As `Tue Jan 5 03:04:09 UTC 2027`.
fn timestamp(now_ms: i64) -> String {
    let format = time::macros::format_description!(
        "[weekday repr:short] [month repr:short] [day padding:none] [hour]:[minute]:[second] UTC [year]"
    );
    time::OffsetDateTime::from_unix_timestamp(now_ms / 1000).unwrap().format(format).unwrap()
}
