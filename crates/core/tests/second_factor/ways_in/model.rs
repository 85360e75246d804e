//! What a pool asks for, and what must have been shown before anybody gets tokens.

use proptest::prelude::*;

/// How the pool and alice are set up.
#[derive(Clone, Debug)]
pub struct Setting {
    pub mode: &'static str,
    /// Whether alice is asked for her app.
    pub app: bool,
    /// A passkey that verifies its user is two factors.
    pub passkey_is_two: bool,
    /// A device takes the place of a second factor.
    pub device_is_second: bool,
    /// Alice's device is remembered, not only confirmed.
    pub remembered: bool,
}

pub fn setting() -> impl Strategy<Value = Setting> {
    let modes = prop_oneof![1 => Just("OFF"), 3 => Just("OPTIONAL"), 3 => Just("ON")];
    (modes, any::<[bool; 4]>()).prop_map(|(mode, [app, passkey_is_two, device_is_second, remembered])| {
        let app = mode == "ON" || mode == "OPTIONAL" && app;
        Setting { mode, app, passkey_is_two: app && passkey_is_two, device_is_second, remembered }
    })
}

/// What was shown on the way to a session: only what was right, whatever the server thought of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// It began with CUSTOM_AUTH.
    pub custom: bool,
    /// It named alice's device, where devices are looked at.
    pub names_device: bool,
    pub password: bool,
    pub mail: bool,
    pub passkey: bool,
    pub passkey_verified: bool,
    pub app: bool,
    pub device: bool,
    pub answer: bool,
}

impl Setting {
    /// Whether tokens may come of a sign-in that has shown this.
    pub fn is_enough(&self, shown: &Shown) -> bool {
        let device = shown.device || !(shown.names_device && self.remembered);
        let second = !self.app || shown.app || self.device_is_second && shown.device;
        let passkey_is_two = self.passkey_is_two && shown.passkey_verified;
        let first = if shown.custom {
            // The function alone decides.
            shown.answer
        } else {
            shown.password && second || shown.passkey && (second || passkey_is_two) || shown.mail && !self.app
        };
        first && device
    }
}
