//! The line that a write was cut in: a new connection gets it whole.

use std::io::{self, Write};

/// The part of a line that was taken while its rest was not.
#[derive(Debug, Default)]
pub(crate) struct BegunLine {
    bytes: Vec<u8>,
    /// How many of the bytes went over the connection that there is now.
    sent: usize,
}

impl BegunLine {
    /// Takes note of a new connection, which has none of it.
    pub(crate) fn rewind(&mut self) {
        self.sent = 0;
    }

    pub(crate) fn end(&mut self) {
        *self = Self::default();
    }

    /// Sends what the connection lacks of the line, and then bytes that follow.
    pub(crate) fn send(&mut self, stream: &mut impl Write, more: &[u8]) -> io::Result<usize> {
        while let Some(missing) = self.bytes.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match stream.write(missing)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => self.sent += count,
            }
        }
        let count = stream.write(more)?;
        self.follow(more.get(..count).unwrap_or(more));
        Ok(count)
    }

    fn follow(&mut self, taken: &[u8]) {
        let begun = match taken.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => {
                self.end();
                taken.get(end + 1..).unwrap_or_default()
            }
            None => taken,
        };
        self.bytes.extend_from_slice(begun);
        self.sent = self.bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Takes as much as it is told, or fails.
    struct Stream {
        answers: VecDeque<io::Result<usize>>,
        output: Vec<u8>,
    }

    fn stream(answers: impl IntoIterator<Item = io::Result<usize>>) -> Stream {
        Stream {
            answers: answers.into_iter().collect(),
            output: Vec::new(),
        }
    }

    impl Write for Stream {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = self.answers.pop_front().unwrap_or(Ok(bytes.len()))?;
            let count = count.min(bytes.len());
            self.output.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_new_connection_gets_the_line_whole_that_the_last_one_got_a_part_of() {
        let mut begun = BegunLine::default();
        let mut old = stream([Ok(7), Ok(2)]);
        begun.send(&mut old, b"one\ntwo and more\n").unwrap();
        begun.send(&mut old, b" and more\n").unwrap();
        let mut new = stream([]);

        begun.rewind();
        let count = begun.send(&mut new, b"nd more\nthree\n").unwrap();

        assert_eq!(old.output, b"one\ntwo a");
        assert_eq!(new.output, b"two and more\nthree\n");
        assert_eq!(count, b"nd more\nthree\n".len());
    }

    #[test]
    fn a_line_that_comes_again_may_be_cut_again() {
        let mut begun = BegunLine::default();
        begun.send(&mut stream([Ok(4)]), b"a line\n").unwrap();
        let busy = || Err(io::ErrorKind::WouldBlock.into());
        let mut new = stream([Ok(1), busy(), Ok(2), busy(), Ok(9), busy(), Ok(2)]);

        begun.rewind();
        let tries: Vec<_> = (0..4).map(|_| begun.send(&mut new, b"ne\n").ok()).collect();

        assert_eq!(tries, [None, None, None, Some(2)]);
        assert_eq!(new.output, b"a line");
    }

    #[test]
    fn nothing_is_kept_of_a_line_that_is_over() {
        let mut begun = BegunLine::default();
        begun.send(&mut stream([]), b"one\ntwo\n").unwrap();
        assert_eq!(begun.bytes.capacity(), 0);

        begun
            .send(&mut stream([]), b"framed in another way")
            .unwrap();
        begun.end();
        let mut new = stream([]);
        begun.rewind();
        begun.send(&mut new, b"next").unwrap();

        assert_eq!(new.output, b"next");
    }
}
