//! What the server keeps of a password: salt and verifier.

use zeroize::Zeroizing;

use super::group::{self, ELEMENT_BYTES, Element, Exponent};
use super::key::Identity;
use crate::hash::sha256;
use crate::random::{RandomSource, token_bytes};
use crate::secret::{Secret, SecretBytes, constant_time_eq};

/// First byte of a stored verifier.
const VERSION: u8 = 1;

/// The longest salt taken from a device. Clients make 16 bytes; more than a hash block would be of no use.
const MAX_SALT_BYTES: usize = 64;

/// The verifier v = g^x of a password with its salt. Whoever has it can try passwords at the speed of one power each, so
/// it is stored sealed only.
///
/// It is bound to the pool name part and the user id it was made with: under other ones the same password does not match.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// A number without leading zero bytes: that is how every client takes it into the hash.
    salt: Vec<u8>,
    value: Secret<[u8; ELEMENT_BYTES]>,
}

impl Verifier {
    /// Makes salt and verifier for a password. `pool_name_part` is what stands after the underscore of the pool id (of a
    /// device: its group key), `user_id` the `USER_ID_FOR_SRP` (of a device: its key). Costs one power.
    pub fn create(pool_name_part: &str, user_id: &str, password: &str, random: &dyn RandomSource) -> Self {
        let salt: [u8; 16] = token_bytes(random);
        let identity = Identity { scope: pool_name_part, id: user_id };
        Self::with_salt(identity, password, &salt)
    }

    pub(super) fn with_salt(identity: Identity<'_>, password: &str, salt: &[u8]) -> Self {
        let salt = group::trim(salt).to_vec();
        let value = Secret::new(group::to_fixed_bytes(&verifier_value(identity, &salt, password)));
        Self { salt, value }
    }

    /// A verifier that no password matches, always the same for the same seed. It stands in for users who do not exist:
    /// with the seed derived from their name, asking twice shows the same salt, as it would for a user who does exist.
    ///
    /// The value is the square of an expanded hash, hence spread over the same subgroup as the powers of g.
    pub fn simulated(seed: &[u8; 32]) -> Self {
        let block =
            |label: &[u8], number: u8| sha256(&[b"cenote simulated verifier", label, &[number], seed]);
        let mut value = [0; ELEMENT_BYTES];
        for (number, chunk) in (0..).zip(value.chunks_mut(32)) {
            chunk.copy_from_slice(&block(b"value", number));
        }
        let salt = block(b"salt", 0);
        let (salt, _) = salt.split_at(16);
        Self {
            salt: group::trim(salt).to_vec(),
            value: Secret::new(group::to_fixed_bytes(&group::from_fixed_bytes(&value).square())),
        }
    }

    /// Takes the verifier a device made for itself, the decoded members of `DeviceSecretVerifierConfig`: two numbers in
    /// two's complement, so that one whose top bit is set has a zero byte in front.
    pub fn from_device_config(salt: &[u8], password_verifier: &[u8]) -> Result<Self, DeviceVerifierError> {
        if is_negative(salt) || is_negative(password_verifier) {
            return Err(DeviceVerifierError::Negative);
        }
        let salt = group::trim(salt).to_vec();
        let value = group::reduce(password_verifier).ok_or(DeviceVerifierError::OutOfRange)?;
        let fixed = Secret::new(group::to_fixed_bytes(&value));
        let unreduced = group::trim(password_verifier);
        // 1 and N - 1 generate almost nothing, and 0 nothing at all.
        let degenerate = [Element::ZERO, Element::ONE, Element::ONE.neg()].contains(&value);
        if salt.is_empty()
            || salt.len() > MAX_SALT_BYTES
            || degenerate
            || unreduced != group::trim(fixed.expose())
        {
            return Err(DeviceVerifierError::OutOfRange);
        }
        Ok(Self { salt, value: fixed })
    }

    /// Whether this is the verifier of the password. Costs one power, whatever the outcome.
    pub fn matches(&self, pool_name_part: &str, user_id: &str, password: &str) -> bool {
        let identity = Identity { scope: pool_name_part, id: user_id };
        let value = Zeroizing::new(verifier_value(identity, &self.salt, password));
        let value = Zeroizing::new(group::to_fixed_bytes(&value));
        constant_time_eq(&*value, self.value.expose())
    }

    /// The salt as it travels in `SALT`.
    pub fn salt_hex(&self) -> String {
        group::to_wire_hex(&self.salt)
    }

    pub(super) fn element(&self) -> Zeroizing<Element> {
        Zeroizing::new(group::from_fixed_bytes(self.value.expose()))
    }

    /// For storing, sealed: version, length of the salt, salt, 384 bytes of verifier.
    pub fn to_bytes(&self) -> SecretBytes {
        let mut bytes = Vec::with_capacity(2 + self.salt.len() + ELEMENT_BYTES);
        bytes.push(VERSION);
        // At most MAX_SALT_BYTES in every constructor.
        bytes.push(u8::try_from(self.salt.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(self.value.expose());
        SecretBytes::new(bytes)
    }

    /// The reverse of [`Verifier::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidVerifier> {
        let split = || {
            let ([VERSION, salt_length], rest) = bytes.split_first_chunk()? else {
                return None;
            };
            let (salt, value) = rest.split_at_checked(usize::from(*salt_length))?;
            let value: [u8; ELEMENT_BYTES] = value.try_into().ok()?;
            Some(Self { salt: salt.to_vec(), value: Secret::new(value) })
        };
        split().ok_or(InvalidVerifier)
    }
}

fn verifier_value(identity: Identity<'_>, salt: &[u8], password: &str) -> Element {
    let private_value = identity.private_value(salt, password);
    group::generator_power(&Exponent::from(&*private_value))
}

fn is_negative(number: &[u8]) -> bool {
    number.first().is_some_and(|byte| *byte >= 0x80)
}

/// Stored bytes that are no verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored bytes are not an SRP verifier")]
pub struct InvalidVerifier;

/// Why the verifier of a device was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceVerifierError {
    /// Salt or verifier has its top bit set without a zero byte in front.
    #[error("salt or verifier is negative")]
    Negative,
    /// The salt is zero or longer than 64 bytes, or the verifier is not between 2 and N - 2.
    #[error("salt or verifier is out of range")]
    OutOfRange,
}
