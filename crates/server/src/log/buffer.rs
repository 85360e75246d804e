//! Lines on their way to standard error: gathered for a moment, so that a busy server writes many with one call of the
//! system.
//!
//! Lines keep their order, none is dropped, and there is a bound: whoever finds the buffer full writes it out before going
//! on. Warnings and errors are written at once, with everything before them; so is all that comes after [`Buffer::finish`].

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits for others at most.
const GATHERING: Duration = Duration::from_millis(20);
/// From so many bytes on nothing is gained by waiting.
const ENOUGH: usize = 32 * 1024;
/// Never more bytes than these, and one line.
const FULL: usize = 256 * 1024;

/// The buffer. Clones are one buffer.
#[derive(Clone)]
pub(crate) struct Buffer(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    /// Locked before `waiting` by whoever writes out, so that lines keep their order.
    sink: Mutex<Sink>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Every line is written at once from now on.
    finished: bool,
}

struct Sink {
    output: Box<dyn Write + Send>,
    /// Empty, but its room is kept.
    spare: Vec<u8>,
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Buffer")
    }
}

impl Buffer {
    /// A buffer before `output`, and the thread that empties it.
    pub(crate) fn start(output: impl Write + Send + 'static) -> Self {
        let sink = Sink { output: Box::new(output), spare: Vec::new() };
        let buffer = Self(Arc::new(Shared {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            sink: Mutex::new(sink),
        }));
        let emptied = buffer.clone();
        let thread = thread::Builder::new().name("log".into()).stack_size(64 * 1024);
        if thread.spawn(move || emptied.keep_empty()).is_err() {
            buffer.finish();
        }
        buffer
    }

    /// Writes out what is there.
    pub(crate) fn flush(&self) {
        let sink = self.0.sink.lock().unwrap_or_else(PoisonError::into_inner);
        write_out(sink, self.waiting());
    }

    /// Writes out what is there, and from now on every line at once: the process is about to end.
    pub(crate) fn finish(&self) {
        self.waiting().finished = true;
        self.0.arrived.notify_one();
        self.flush();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8], at_once: bool) {
        let mut waiting = self.waiting();
        let first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line);
        let size = waiting.lines.len();
        let at_once = at_once || waiting.finished || size >= FULL;
        drop(waiting);
        if at_once {
            self.flush();
        } else if first || size - line.len() < ENOUGH && size >= ENOUGH {
            self.0.arrived.notify_one();
        }
    }

    fn keep_empty(&self) {
        loop {
            let waiting = self.waiting();
            let nothing = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.finished;
            let waiting = self.0.arrived.wait_while(waiting, nothing).unwrap_or_else(PoisonError::into_inner);
            let few = |waiting: &mut Waiting| waiting.lines.len() < ENOUGH && !waiting.finished;
            let gathered = self.0.arrived.wait_timeout_while(waiting, GATHERING, few);
            let (waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
            if waiting.finished {
                return;
            }
            drop(waiting);
            self.flush();
        }
    }
}

fn write_out(mut sink: MutexGuard<'_, Sink>, mut waiting: MutexGuard<'_, Waiting>) {
    let spare = std::mem::take(&mut sink.spare);
    let mut lines = std::mem::replace(&mut waiting.lines, spare);
    drop(waiting);
    // Nobody is left to hear about it if this fails.
    let _ = sink.output.write_all(&lines);
    let _ = sink.output.flush();
    lines.clear();
    if lines.capacity() <= 2 * ENOUGH {
        sink.spare = lines;
    }
}

/// Where one line goes.
#[derive(Debug)]
pub(crate) struct LineWriter<'a> {
    buffer: &'a Buffer,
    at_once: bool,
}

impl Write for LineWriter<'_> {
    /// Takes everything: a line is never torn.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.buffer.push(line, self.at_once);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = LineWriter<'a>;

    fn make_writer(&'a self) -> LineWriter<'a> {
        LineWriter { buffer: self, at_once: true }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> LineWriter<'a> {
        LineWriter { buffer: self, at_once: *metadata.level() <= Level::WARN }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Instant;

    use super::*;

    /// Hands every call on, when it may.
    struct Output {
        written: Sender<Vec<u8>>,
        leave: Option<Receiver<()>>,
    }

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(leave) = &self.leave {
                let _ = leave.recv();
            }
            let _ = self.written.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn buffer() -> (Buffer, Receiver<Vec<u8>>) {
        let (written, writes) = channel();
        (Buffer::start(Output { written, leave: None }), writes)
    }

    const SOON: Duration = Duration::from_secs(30);

    #[test]
    fn a_line_is_written_without_another_one() {
        let (buffer, writes) = buffer();
        buffer.push(b"one\n", false);
        assert_eq!(writes.recv_timeout(SOON).unwrap(), b"one\n");
        buffer.push(b"two\n", false);
        assert_eq!(writes.recv_timeout(SOON).unwrap(), b"two\n");
    }

    #[test]
    fn what_is_urgent_takes_along_what_came_before() {
        let (buffer, writes) = buffer();
        // Held so that the thread can't write meanwhile.
        let sink = buffer.0.sink.lock().unwrap();
        buffer.push(b"one\n", false);
        buffer.push(b"two\n", false);
        drop(sink);
        buffer.push(b"three\n", true);
        let all: Vec<u8> = writes.try_iter().flatten().collect();
        assert_eq!(all, b"one\ntwo\nthree\n");
    }

    #[test]
    fn lines_of_many_threads_are_whole_all_there_and_each_threads_in_order() {
        let (buffer, writes) = buffer();
        thread::scope(|scope| {
            for name in 0..4 {
                let buffer = &buffer;
                scope.spawn(move || {
                    for number in 0..5000 {
                        buffer.push(format!("{name} {number}\n").as_bytes(), number % 1000 == 0);
                    }
                });
            }
        });
        buffer.finish();
        let text = String::from_utf8(writes.try_iter().flatten().collect()).unwrap();
        for name in 0..4 {
            let own = text.lines().filter_map(|line| line.strip_prefix(&format!("{name} ")));
            assert!(own.eq((0..5000).map(|number| number.to_string())), "{name}");
        }
        assert_eq!(text.lines().count(), 20_000);
    }

    #[test]
    fn after_the_end_nothing_waits() {
        let (buffer, writes) = buffer();
        buffer.push(b"before\n", false);
        buffer.finish();
        buffer.push(b"after\n", false);
        let all: Vec<u8> = writes.try_iter().flatten().collect();
        assert_eq!(all, b"before\nafter\n");
    }

    #[test]
    fn an_output_that_is_stuck_stops_who_writes_and_not_memory() {
        let (written, writes) = channel();
        let (allow, leave) = channel();
        let buffer = Buffer::start(Output { written, leave: Some(leave) });
        let line = [b'x'; 1024];
        let pushed = Arc::new(Mutex::new(0_usize));
        let writer = {
            let (buffer, pushed) = (buffer.clone(), Arc::clone(&pushed));
            thread::spawn(move || {
                for _ in 0..4096 {
                    buffer.push(&line, false);
                    *pushed.lock().unwrap() += line.len();
                }
            })
        };
        // It gets as far as two buffers, the one that is stuck and the one behind it, and no further.
        let limit = Instant::now() + SOON;
        while *pushed.lock().unwrap() + line.len() < FULL && Instant::now() < limit {
            thread::yield_now();
        }
        assert!(*pushed.lock().unwrap() <= 2 * FULL + 2 * line.len());
        assert!(buffer.waiting().lines.len() <= FULL + line.len());
        drop(allow);
        writer.join().unwrap();
        buffer.finish();
        assert_eq!(writes.try_iter().map(|piece| piece.len()).sum::<usize>(), 4096 * line.len());
    }
}
