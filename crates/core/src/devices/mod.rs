//! Devices of users: what is known of one, and the operations about them.
//!
//! A sign-in without a device gets the key of a new one, which lives in its tokens only: the access token names it, and the
//! refresh token knows it. It is stored when the user confirms it. From then on it can be remembered, and a remembered
//! device takes the place of a second factor once it has proved its own password
//! ([`sign_in::device`](crate::sign_in::device)).
//!
//! [`device`] has what the operations share. Each operation is the file of its name.

pub mod device;

mod admin_forget_device;
mod admin_get_device;
mod admin_list_devices;
mod admin_update_device_status;
mod confirm_device;
mod forget_device;
mod get_device;
mod list_devices;
mod update_device_status;

pub use admin_forget_device::admin_forget_device;
pub use admin_get_device::admin_get_device;
pub use admin_list_devices::admin_list_devices;
pub use admin_update_device_status::admin_update_device_status;
pub use confirm_device::confirm_device;
pub use forget_device::forget_device;
pub use get_device::get_device;
pub use list_devices::list_devices;
pub use update_device_status::update_device_status;
