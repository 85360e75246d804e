//! Every structure and enumeration of the model under its AWS name, members in snake case. A member that the model
//! requires is a plain value, any other an `Option`.

pub use crate::generated::branding::*;
pub use crate::generated::clients::*;
pub use crate::generated::devices::*;
pub use crate::generated::enumerations::*;
pub use crate::generated::groups::*;
pub use crate::generated::imports::*;
pub use crate::generated::mfa::*;
pub use crate::generated::passkeys::*;
pub use crate::generated::pools::*;
pub use crate::generated::providers::*;
pub use crate::generated::recovery::*;
pub use crate::generated::shared::*;
pub use crate::generated::sign_in::*;
pub use crate::generated::sign_up::*;
pub use crate::generated::threat::*;
pub use crate::generated::tokens::*;
pub use crate::generated::users::*;
pub use crate::timestamp::Timestamp;
