//! The font: DejaVu Sans, compiled in, because a machine without fonts must draw the same figures.

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::OnceLock;

/// The name that the font is registered by; in an SVG it is a list from which the reader's machine
/// takes the first that it has. Verdana has the widths of DejaVu Sans.
pub const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Height of a line over an em in DejaVu Sans: (1901 + 483) / 2048. The rasterizer sizes fonts by
/// it.
pub const LINE_PER_EM: f64 = 2384.0 / 2048.0;

/// The font can't be used; never with the one compiled in.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the built-in font can't be read")]
pub struct FontUnusable;

/// Makes the font known, once.
pub fn register() -> Result<(), FontUnusable> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let usable = REGISTERED
        .get_or_init(|| register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular()).is_ok());
    if *usable { Ok(()) } else { Err(FontUnusable) }
}

/// The font in a size (of a line, in pixels). [`register`] must have been called.
pub fn sized(line_height: f64) -> FontDesc<'static> {
    FontDesc::new(FontFamily::Name(FAMILY), line_height, FontStyle::Normal)
}

/// The width of a text whose em is `size`, in the same unit; an estimate if the font is unusable.
pub fn width(text: &str, size: f64) -> f64 {
    // Measured large, because the answer is in whole pixels.
    const ZOOM: f64 = 16.0;
    let rough = text.chars().count() as f64 * size * 0.6;
    if register().is_err() {
        return rough;
    }
    sized(size * LINE_PER_EM * ZOOM)
        .layout_box(text)
        .map_or(rough, |(_, (right, _))| f64::from(right) / ZOOM)
}

/// The text, or as much of its beginning as fits `room`, with an ellipsis.
pub fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while let Some(_last) = kept.pop() {
        let shortened: String = kept.iter().chain(&['…']).collect();
        if width(&shortened, size) <= room {
            return shortened;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // DejaVu Sans: the advance of "0" is 1303 of 2048 units.
        assert!((width("0000000000", 16.0) - 10.0 * 16.0 * 1303.0 / 2048.0).abs() < 0.2);
        assert!(width("iiii", 16.0) < width("MMMM", 16.0));
    }

    #[test]
    fn long_texts_are_cut_to_fit() {
        let text = "a name that is far too long";
        let shortened = fitted(text, 16.0, 100.0);
        assert!(shortened.ends_with('…') && shortened.len() > 5, "{shortened}");
        assert!(width(&shortened, 16.0) <= 100.0);
        assert_eq!(fitted("short", 16.0, 100.0), "short");
    }
}
