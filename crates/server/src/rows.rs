//! A table as lines of CSV of which some are chosen: the lines that go out are bytes of the file that was published.

use bytes::Bytes;

/// A table as lines of CSV.
pub(crate) struct Rows {
    bytes: Bytes,
    /// Where the first line after the header begins.
    body: usize,
    header: Vec<String>,
    /// Where each line ends, in order.
    ends: Vec<usize>,
}

impl Rows {
    /// Reads a file; what is wrong with it, when it cannot be read.
    pub(crate) fn read(bytes: &Bytes) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let header = reader.headers().map_err(|e| e.to_string())?.iter().map(str::to_owned).collect();
        let place = |reader: &csv::Reader<&[u8]>| reader.position().byte() as usize;
        let body = place(&reader);
        let mut ends = Vec::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|e| e.to_string())? {
            ends.push(place(&reader));
        }
        Ok(Self { bytes: bytes.clone(), body, header, ends })
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The fields of all rows, in order.
    pub(crate) fn records(&self) -> impl Iterator<Item = csv::StringRecord> {
        // The file was read whole before, as text.
        csv::Reader::from_reader(&self.bytes[..]).into_records().map(Result::unwrap_or_default)
    }

    /// The header and the lines that are wanted, with their number.
    pub(crate) fn choose(&self, wanted: impl Fn(usize) -> bool) -> (Vec<u8>, usize) {
        let mut out = self.bytes[..self.body].to_vec();
        let (mut from, mut lines) = (self.body, 0);
        for (at, &end) in self.ends.iter().enumerate() {
            if wanted(at) {
                out.extend_from_slice(&self.bytes[from..end]);
                lines += 1;
            }
            from = end;
        }
        (out, lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_are_chosen_are_those_of_the_file() {
        let text = "a,b\n1,\"x\ny\"\n2,\"say \"\"no\"\"\"\n3,z\n";
        let rows = Rows::read(&Bytes::from_static(text.as_bytes())).expect("CSV");
        assert_eq!(rows.header(), ["a", "b"]);
        assert_eq!(rows.choose(|_| true), (text.as_bytes().to_vec(), 3));
        assert_eq!(rows.choose(|at| at == 1), (b"a,b\n2,\"say \"\"no\"\"\"\n".to_vec(), 1));
        assert_eq!(rows.choose(|_| false).0, b"a,b\n");
        let records: Vec<String> = rows.records().map(|r| r[1].to_owned()).collect();
        assert_eq!(records, ["x\ny", "say \"no\"", "z"]);
    }

    #[test]
    fn a_file_that_is_no_table_is_said_to_be_none() {
        assert!(Rows::read(&Bytes::from_static(b"a,b\n1\n")).is_err());
        assert!(Rows::read(&Bytes::from_static(b"a,\xff\n")).is_err());
    }
}
