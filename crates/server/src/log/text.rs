//! An event as a line of text: time, level, target, message, fields.
//!
//! The lines are those that `tracing_subscriber` would write, at a fifth of the cost, since a busy server writes tens of
//! thousands of them a second. There are no spans here, and an event is one line whatever its values hold.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::registry::LookupSpan;

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
        SystemTime.format_time(&mut writer)?;
        writer.write_str(match *metadata.level() {
            Level::ERROR => " ERROR ",
            Level::WARN => "  WARN ",
            Level::INFO => "  INFO ",
            Level::DEBUG => " DEBUG ",
            Level::TRACE => " TRACE ",
        })?;
        writer.write_str(metadata.target())?;
        writer.write_char(':')?;
        let mut fields = Fields { writer, result: Ok(()) };
        event.record(&mut fields);
        fields.result?;
        fields.writer.write_char('\n')
    }
}

struct Fields<'a> {
    writer: Writer<'a>,
    result: fmt::Result,
}

impl Fields<'_> {
    fn write(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.result.is_ok() {
            self.result = write_name(&mut self.writer, field).and_then(|()| value(&mut self.writer));
        }
    }
}

fn write_name(writer: &mut Writer<'_>, field: &Field) -> fmt::Result {
    writer.write_char(' ')?;
    if field.name() != "message" {
        writer.write_str(field.name())?;
        writer.write_char('=')?;
    }
    Ok(())
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let message = field.name() == "message";
        self.write(field, |writer| match value {
            value if message => OneLine(writer).write_str(value),
            // What needs no escaping is not looked at character by character.
            value
                if value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) =>
            {
                writer.write_char('"')?;
                writer.write_str(value)?;
                writer.write_char('"')
            }
            value => write!(writer, "{value:?}"),
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, |writer| write!(writer, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, |writer| write!(OneLine(writer), "{value:?}"));
    }
}

/// Escapes what could end a line or steer a terminal.
struct OneLine<'a, 'b>(&'a mut Writer<'b>);

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.contains(char::is_control) {
            return self.0.write_str(text);
        }
        for character in text.chars() {
            if character.is_control() {
                write!(self.0, "{}", character.escape_default())?;
            } else {
                self.0.write_char(character)?;
            }
        }
        Ok(())
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
    fn an_event_is_one_line_and_steers_no_terminal() {
        let bad = "one\ntwo\r\u{1b}[31m\u{9b}three";
        let lines = logged(true, || tracing::info!(display = %bad, debug = ?bad, text = bad, "{bad}"));
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].contains(char::is_control), "{lines:?}");
    }
}
