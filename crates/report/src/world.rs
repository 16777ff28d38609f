//! Where typst finds things: one template, one file of data, the fonts in the program, and nothing
//! else. No disk, no network, no packages, no clock.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::layout::Abs;
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook, FontInfo, FontInstance, FontVariations, FontWeight};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt, World};

/// The family of all text.
const TEXT: &str = "Libertinus Serif";
/// The family of signs that the other has not.
const SIGNS: &str = "DejaVu Sans Mono";

const TEMPLATE: &str = include_str!("template.typ");

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| {
    // Header cells of rows are among what typst may still change.
    LazyHash::new(Library::builder().with_features([Feature::A11yExtras].into_iter().collect()).build())
});

static FONTS: LazyLock<Fonts> = LazyLock::new(Fonts::load);

/// The fonts that ship with the program, in fixed order.
struct Fonts {
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

impl Fonts {
    fn load() -> Self {
        let fonts: Vec<Font> = typst_assets::fonts()
            .flat_map(|data| Font::iter(Bytes::new(data)))
            .filter(|font| [TEXT, SIGNS].contains(&font.info().family.as_str()))
            .collect();
        Fonts { book: LazyHash::new(FontBook::from_fonts(&fonts)), fonts }
    }

    fn of(&self, family: &str) -> impl Iterator<Item = &FontInfo> {
        self.fonts.iter().map(Font::info).filter(move |info| info.family == family)
    }
}

/// Whether the fonts can show a character, in every weight and style.
pub(crate) fn shows(c: char) -> bool {
    let c_is_sign = matches!(c, '\u{2000}'..='\u{2bff}' | '\u{fffd}');
    FONTS.of(TEXT).all(|info| info.coverage.contains(c as u32))
        || (c_is_sign && FONTS.of(SIGNS).all(|info| info.coverage.contains(c as u32)))
}

/// Measures text as it will be set.
pub(crate) struct Measure {
    instance: Option<FontInstance>,
    /// The widest figure: all are as wide in tables.
    digit: f64,
}

impl Measure {
    pub(crate) fn new() -> Self {
        let font = FONTS
            .fonts
            .iter()
            .find(|font| font.info().family == TEXT && font.info().variant.weight == FontWeight::SEMIBOLD);
        let instance = font.map(|font| {
            font.clone().instantiate(font.info().variant, Abs::pt(10.0), &FontVariations::default())
        });
        let mut measure = Measure { instance, digit: 0.0 };
        measure.digit = ('0'..='9').map(|c| measure.advance(c)).fold(0.0, f64::max);
        measure
    }

    /// Width in em, of the semibold font, which is no less than that of the regular one.
    pub(crate) fn width(&self, text: &str) -> f64 {
        text.chars().map(|c| if c.is_ascii_digit() { self.digit } else { self.advance(c) }).sum()
    }

    fn advance(&self, c: char) -> f64 {
        const UNKNOWN: f64 = 0.65;
        let advance = self.instance.as_ref().and_then(|font| {
            let glyph = font.ttf().glyph_index(c)?;
            font.x_advance(glyph.0)
        });
        advance.map_or(UNKNOWN, typst::layout::Em::get)
    }
}

/// One report, as typst sees it.
pub(crate) struct Place {
    main: Source,
    data_id: FileId,
    data: Bytes,
    today: Datetime,
}

impl Place {
    /// `data` is the JSON that the template reads.
    pub(crate) fn new(data: String, today: Datetime) -> Self {
        Place {
            main: Source::new(file("report.typ"), TEMPLATE.to_owned()),
            data_id: file("report.json"),
            data: Bytes::from_string(data),
            today,
        }
    }
}

/// The identifier of a file in the root; typst keeps it for good, so there are but two names.
fn file(name: &'static str) -> FileId {
    // Neither name has a `..` in it, which is all that could be wrong.
    #[expect(clippy::unwrap_used)]
    let path = VirtualPath::new(name).unwrap();
    RootedPath::new(VirtualRoot::Project, path).intern()
}

impl World for Place {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(missing(id)) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data_id { Ok(self.data.clone()) } else { Err(missing(id)) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        Some(self.today)
    }
}

fn missing(id: FileId) -> FileError {
    FileError::NotFound(id.get().vpath().get_without_slash().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_we_write_can_be_shown() {
        assert_eq!(FONTS.fonts.len(), 10);
        for c in "AZaz09ëéïÿŁšçβЖא…–—×“”‘’€±≤≥→²·•\u{fffd}\u{a0}".chars()
        {
            assert!(shows(c), "{c:?}");
        }
        for c in "中ع\u{e000}\u{7}".chars() {
            assert!(!shows(c), "{c:?}");
        }
    }

    #[test]
    fn figures_are_as_wide_as_each_other() {
        let measure = Measure::new();
        assert!((measure.width("111") - measure.width("888")).abs() < 1e-9);
        assert!(measure.width("0") > 0.4 && measure.width("WWW") > measure.width("iii"));
    }
}
