//! An event as a line of text: time, level, target, message, fields.
//!
//! The lines are those that `tracing_subscriber` would write, at a tenth of the cost, since a busy server writes tens of
//! thousands of them a second. There are no spans here, and an event is one line whatever its values hold.

use std::cell::RefCell;
use std::fmt::{self, Write as _};

use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::SystemClock;

#[derive(Clone, Copy, Debug)]
pub(super) struct Text;

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut line = Line { text: String::with_capacity(256), result: Ok(()) };
        line.result = write_time(&mut line.text, SystemClock.now_us());
        line.text.push_str(match *metadata.level() {
            Level::ERROR => " ERROR ",
            Level::WARN => "  WARN ",
            Level::INFO => "  INFO ",
            Level::DEBUG => " DEBUG ",
            Level::TRACE => " TRACE ",
        });
        line.text.push_str(metadata.target());
        line.text.push(':');
        event.record(&mut line);
        line.result?;
        line.text.push('\n');
        writer.write_str(&line.text)
    }
}

thread_local! {
    /// The last second that this thread wrote, and its text.
    static SECOND: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
}

/// A time in microseconds since 1970, as `2026-11-23T16:00:00.000001Z`.
fn write_time(text: &mut String, now_us: i64) -> fmt::Result {
    let (second, fraction) = (now_us.div_euclid(1_000_000), now_us.rem_euclid(1_000_000));
    SECOND.with_borrow_mut(|(last, written)| {
        if *last != second {
            let time = OffsetDateTime::from_unix_timestamp(second).map_err(|_| fmt::Error)?;
            let (year, month, day) = time.to_calendar_date();
            let (hour, minute, second_of_minute) = time.to_hms();
            let month = u8::from(month);
            written.clear();
            write!(written, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second_of_minute:02}.")?;
            *last = second;
        }
        text.push_str(written);
        Ok(())
    })?;
    push_digits(text, fraction.unsigned_abs(), 6);
    text.push('Z');
    Ok(())
}

/// A number in decimal, with zeros in front up to a width. The machinery of `fmt` takes several times as long.
fn push_digits(text: &mut String, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut written = 0;
    for digit in digits.iter_mut().rev() {
        if number == 0 && written >= width {
            break;
        }
        // A remainder of ten fits.
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        written += 1;
    }
    let (_, digits) = digits.split_at(digits.len() - written);
    text.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

struct Line {
    text: String,
    result: fmt::Result,
}

impl Line {
    fn push_name(&mut self, field: &Field) {
        self.text.push(' ');
        if field.name() != "message" {
            self.text.push_str(field.name());
            self.text.push('=');
        }
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push_name(field);
        if field.name() == "message" {
            push_one_line(&mut self.text, value);
        } else if value.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
            // What needs no escaping is not looked at character by character.
            self.text.push('"');
            self.text.push_str(value);
            self.text.push('"');
        } else if self.result.is_ok() {
            self.result = write!(self.text, "{value:?}");
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push_name(field);
        push_digits(&mut self.text, value, 1);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // Nearly all are milliseconds with whole microseconds, whose shortest text has three decimals at most.
        let thousandths = value * 1000.0;
        if !(0.0..1e12).contains(&thousandths)
            || thousandths.round() / 1000.0 != value
            || value.is_sign_negative()
        {
            return self.record_debug(field, &value);
        }
        self.push_name(field);
        let thousandths = thousandths.round() as u64;
        let (whole, mut fraction, mut width) = (thousandths / 1000, thousandths % 1000, 3);
        // The first decimal stays, even if it is a zero.
        while width > 1 && fraction % 10 == 0 {
            (fraction, width) = (fraction / 10, width - 1);
        }
        push_digits(&mut self.text, whole, 1);
        self.text.push('.');
        push_digits(&mut self.text, fraction, width);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push_name(field);
        if self.result.is_ok() {
            self.result = write!(OneLine(&mut self.text), "{value:?}");
        }
    }
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')
}

/// Escapes what could end a line or steer a terminal.
struct OneLine<'a>(&'a mut String);

impl fmt::Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_one_line(self.0, text);
        Ok(())
    }
}

fn push_one_line(line: &mut String, text: &str) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return line.push_str(text);
    }
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What `work` logs, without the times.
    fn logged(ours: bool, work: impl Fn()) -> Vec<String> {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let layer = if ours { layer.event_format(Text).boxed() } else { layer.boxed() };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.split_once('Z').unwrap().1.to_owned()).collect()
    }

    #[test]
    fn lines_are_those_of_the_library() {
        let work = || {
            tracing::info!(
                request_id = "1f",
                operation = "GetUser",
                pool_id = "",
                outcome = "ok",
                status = 200_u16,
                duration_ms = 0.035,
                body_bytes = 7_usize,
                "request"
            );
            let error = io::Error::other("no \"room\"");
            tracing::warn!(%error, cause = ?Some("it\nbroke"), negative = -1, whether = true, "server.failed");
            tracing::error!(text = "quotes \" and \\ and \n and ä", "a message with {}", "arguments");
            tracing::debug!(only = "fields");
            for number in [0_u64, 9, 10, 200, u64::MAX] {
                tracing::info!(number, "a number");
            }
            tracing::trace!("only a message");
        };
        assert_eq!(logged(true, work), logged(false, work));
        assert_eq!(
            logged(true, work)[0],
            "  INFO cenote::log::text::tests: request request_id=\"1f\" operation=\"GetUser\" pool_id=\"\" outcome=\"ok\" \
             status=200 duration_ms=0.035 body_bytes=7"
        );
    }

    #[test]
    fn numbers_with_decimals_are_those_of_the_library() {
        let microseconds =
            (0..2000).chain((0..40).map(|power| 1 << power)).chain([123_456_789, 99_999_999_000]);
        let mut numbers: Vec<f64> = microseconds.map(|number: u64| number as f64 / 1000.0).collect();
        numbers.extend([0.1 + 0.2, 1e-7, 1e11, 1e16, 2.5, -0.0, -1.5, 0.000_5, 1.0 / 3.0]);
        numbers.extend([f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NAN, f64::EPSILON]);
        let work = || numbers.iter().for_each(|number| tracing::info!(number = *number));
        assert_eq!(logged(true, work), logged(false, work));
    }

    #[test]
    fn times_are_written_to_the_microsecond() {
        let written = |now_us| {
            let mut text = String::new();
            write_time(&mut text, now_us).map(|()| text)
        };
        for (now_us, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1, "1970-01-01T00:00:00.000001Z"),
            (1_795_874_215_999_999, "2026-11-28T13:56:55.999999Z"),
            (1_795_874_216_000_000, "2026-11-28T13:56:56.000000Z"),
            (951_827_696_120_000, "2000-02-29T12:34:56.120000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(written(now_us).as_deref(), Ok(text));
            assert_eq!(written(now_us).as_deref(), Ok(text), "a second time");
        }
        assert!(written(i64::MAX).is_err());
    }

    #[test]
    fn an_event_is_one_line_and_steers_no_terminal() {
        let bad = "one\ntwo\r\u{1b}[31m\u{9b}three";
        let lines = logged(true, || tracing::info!(display = %bad, debug = ?bad, text = bad, "{bad}"));
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].contains(char::is_control), "{lines:?}");
    }
}
