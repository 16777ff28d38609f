//! Bytes of a file: opened, decompressed and decoded to UTF-8.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::LONGEST;
use crate::error::{Error, Result};

pub(super) type Source = Box<dyn BufRead + Send>;

const BUFFER: usize = 256 << 10;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

pub(crate) fn io(name: &str) -> impl Fn(io::Error) -> Error + '_ {
    move |source| Error::Io { file: name.to_owned(), source }
}

/// Opens a file and decompresses it if its first bytes say so, whatever its name.
pub(super) fn open(path: &Path, name: &str) -> Result<Source> {
    decompress(File::open(path).map_err(io(name))?, name)
}

/// True if the file is compressed.
pub(super) fn is_compressed(path: &Path, name: &str) -> Result<bool> {
    let mut start = Vec::new();
    File::open(path).map_err(io(name))?.take(4).read_to_end(&mut start).map_err(io(name))?;
    Ok(start.starts_with(&GZIP) || start.starts_with(&ZSTD))
}

/// `source`, decompressed if its first bytes say so.
pub(super) fn decompress(source: impl Read + Send + 'static, name: &str) -> Result<Source> {
    let mut source = BufReader::with_capacity(BUFFER, source);
    let start = source.fill_buf().map_err(io(name))?;
    if start.starts_with(&GZIP) {
        let inner = flate2::bufread::MultiGzDecoder::new(source);
        return Ok(Box::new(BufReader::with_capacity(BUFFER, inner)));
    }
    if start.starts_with(&ZSTD) {
        let inner = zstd::Decoder::with_buffer(source).map_err(io(name))?;
        return Ok(Box::new(BufReader::with_capacity(BUFFER, inner)));
    }
    Ok(Box::new(source))
}

/// The whole of a file, for formats that are read from their end.
pub(super) fn whole(source: Source, name: &str) -> Result<Vec<u8>> {
    /// A workbook of the greatest size is a few hundred megabytes.
    const MOST: u64 = 2 << 30;
    let mut bytes = Vec::new();
    source.take(MOST + 1).read_to_end(&mut bytes).map_err(io(name))?;
    if bytes.len() as u64 > MOST {
        return Err(Error::file(name, "the file has more than 2 GiB", "send it as CSV or Parquet"));
    }
    Ok(bytes)
}

/// Text of a file, decoded.
pub(super) struct Text {
    pub(super) source: Source,
    /// The encoding, when it was neither stated nor UTF-8.
    pub(super) guessed: Option<&'static str>,
}

/// Decodes `source` to UTF-8 and takes off the byte-order mark. UTF-8 itself passes as it is:
/// whether it is valid is checked row by row.
pub(super) fn text(mut source: Source, name: &str, stated: Option<&str>) -> Result<Text> {
    let stated = stated
        .map(|label| {
            Encoding::for_label(label.as_bytes()).ok_or_else(|| {
                Error::file(
                    name,
                    format!("the encoding \"{label}\" is not known"),
                    "use a name such as utf-8, windows-1252, iso-8859-15 or utf-16le",
                )
            })
        })
        .transpose()?;
    let start = source.fill_buf().map_err(io(name))?;
    let mark = Encoding::for_bom(start);
    let (encoding, guessed) = match (mark, stated) {
        (Some((marked, _)), _) => (marked, false),
        (None, Some(stated)) => (stated, false),
        (None, None) => guess(start),
    };
    if let Some((_, length)) = mark {
        source.consume(length);
    }
    let source: Source = if encoding == UTF_8 {
        source
    } else {
        Box::new(BufReader::with_capacity(
            BUFFER,
            Decoding { source, decoder: encoding.new_decoder_without_bom_handling(), done: false },
        ))
    };
    Ok(Text { source, guessed: guessed.then(|| encoding.name()) })
}

/// UTF-8 if the first bytes can be; UTF-16 if every other byte is zero; else windows-1252, in
/// which every byte means something.
fn guess(start: &[u8]) -> (&'static Encoding, bool) {
    let pairs = start.len().min(1024) / 2;
    let zeros = |at: usize| start.chunks_exact(2).take(pairs).filter(|p| p[at] == 0).count();
    if pairs > 1 && zeros(1) * 10 > pairs * 9 {
        return (UTF_16LE, true);
    }
    if pairs > 1 && zeros(0) * 10 > pairs * 9 {
        return (UTF_16BE, true);
    }
    match std::str::from_utf8(start) {
        Ok(_) => (UTF_8, false),
        // The buffer may end within a character.
        Err(e) if e.error_len().is_none() => (UTF_8, false),
        Err(_) => (WINDOWS_1252, true),
    }
}

/// Decodes on the fly.
struct Decoding {
    source: Source,
    decoder: Decoder,
    done: bool,
}

impl Read for Decoding {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // `decode_to_utf8` needs room for one whole character.
        if self.done || out.len() < 4 {
            return Ok(0);
        }
        loop {
            let input = self.source.fill_buf()?;
            let last = input.is_empty();
            let (result, read, written, _) = self.decoder.decode_to_utf8(input, out, last);
            self.source.consume(read);
            self.done = last && result == CoderResult::InputEmpty;
            if written > 0 || self.done {
                return Ok(written);
            }
        }
    }
}

/// Reads one line without its end into `line`. `false` at the end of the source.
pub(super) fn read_line(source: &mut Source, line: &mut Vec<u8>, name: &str, number: u64) -> Result<bool> {
    line.clear();
    let mut limited = source.by_ref().take(LONGEST as u64 + 1);
    let read = limited.read_until(b'\n', line).map_err(io(name))?;
    if line.len() > LONGEST {
        return Err(too_long(name, number));
    }
    while line.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        line.pop();
    }
    Ok(read > 0)
}

pub(super) fn too_long(name: &str, number: u64) -> Error {
    Error::at(
        name,
        number,
        "the row has more than 16 MiB",
        "is a quote not closed, or is this not the kind of file it is said to be?",
    )
}

/// What is put before a source again after looking at it.
pub(super) fn put_back(start: Vec<u8>, source: Source) -> Source {
    Box::new(BufReader::with_capacity(BUFFER, Cursor::new(start).chain(source)))
}
