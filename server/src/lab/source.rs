//! Lines of bytes from a pipe or a file, plain or packed with gzip. A line has a bound; one that is longer is read to its end
//! and not kept.

use anyhow::Context;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// The longest line that is read, in bytes.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;
/// What is read at once, in bytes.
pub(super) const BATCH_BYTES: usize = 64 * 1024;

/// What every gzip file begins with.
const GZIP: [u8; 2] = [0x1F, 0x8B];

/// How a line came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It is there, without its line feed.
    Line,
    /// It is longer than [`LINE_BYTES_MAX`].
    TooLong,
    /// There are no more lines.
    End,
}

/// Reads the next line.
pub(super) fn next(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Next> {
    line.clear();
    let (mut fits, mut began) = (true, false);
    loop {
        let batch = match from.fill_buf() {
            Ok(batch) => batch,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = batch.iter().position(|byte| *byte == b'\n');
        let part = &batch[..end.unwrap_or(batch.len())];
        began |= !batch.is_empty();
        fits &= line.len() + part.len() <= LINE_BYTES_MAX;
        if fits {
            line.extend_from_slice(part);
        }
        let (read, over) = (part.len() + usize::from(end.is_some()), end.is_some() || batch.is_empty());
        from.consume(read);
        if over {
            return Ok(match (began, fits) {
                (false, _) => Next::End,
                (true, true) => Next::Line,
                (true, false) => Next::TooLong,
            });
        }
    }
}

/// A file's bytes, unpacked if it begins as gzip does, whatever its name is.
pub(super) fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let advice = || format!("cannot read {}: check the path", path.display());
    let mut file = BufReader::with_capacity(BATCH_BYTES, File::open(path).with_context(advice)?);
    let packed = file.fill_buf().with_context(advice)?.starts_with(&GZIP);
    if packed {
        return Ok(Box::new(BufReader::with_capacity(BATCH_BYTES, MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<(Next, usize)> {
        let mut from = BufReader::with_capacity(7, bytes);
        let (mut line, mut all) = (Vec::new(), Vec::new());
        loop {
            match next(&mut from, &mut line).unwrap() {
                Next::End => return all,
                how @ (Next::Line | Next::TooLong) => all.push((how, line.len())),
            }
        }
    }

    #[test]
    fn every_line_is_read_once_the_last_one_too() {
        assert_eq!(all(b""), []);
        assert_eq!(all(b"ab\n\na longer line"), [(Next::Line, 2), (Next::Line, 0), (Next::Line, 13)]);
        assert_eq!(all(b"\n"), [(Next::Line, 0)]);
    }

    #[test]
    fn a_line_over_the_bound_is_stepped_over() {
        let long = vec![b'x'; LINE_BYTES_MAX + 1];
        let bytes = [&long[..], b"\nab\n", &long[..LINE_BYTES_MAX]].concat();
        let how: Vec<_> = all(&bytes).into_iter().map(|(how, _)| how).collect();
        assert_eq!(how, [Next::TooLong, Next::Line, Next::Line]);
    }
}
