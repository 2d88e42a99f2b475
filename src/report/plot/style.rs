//! One look for all figures: sizes and colours.
//!
//! The palette is that of Okabe and Ito (2008), which stays distinct for the common forms of colour
//! blindness. All colours are opaque, so that overlapping marks don't darken and both renderers
//! agree.

use crate::node::OperationKind;

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// Width of a figure in logical pixels; a PNG has as many.
pub const FIGURE_WIDTH: f64 = 1200.0;
/// Height of a figure in logical pixels; a PNG has as many.
pub const FIGURE_HEIGHT: f64 = 750.0;

/// Size of the title.
pub const TITLE_SIZE: f64 = 26.0;
/// Size of the text below the title, axis titles and legends.
pub const TEXT_SIZE: f64 = 16.0;
/// Size of tick labels and notes within a figure.
pub const SMALL_SIZE: f64 = 14.5;

/// Width of a line that shows data.
pub const DATA_LINE: f64 = 2.2;
/// Width of axes and grid lines.
pub const THIN_LINE: f64 = 1.0;

/// Text.
pub const INK: Rgb = Rgb(0x1e, 0x1e, 0x22);
/// Text that explains.
pub const FAINT_INK: Rgb = Rgb(0x5c, 0x5c, 0x66);
/// Axes.
pub const AXIS: Rgb = Rgb(0x8a, 0x8a, 0x94);
/// Grid lines.
pub const GRID: Rgb = Rgb(0xe2, 0xe2, 0xe8);
/// Times that don't count in the statistics.
pub const SHADE: Rgb = Rgb(0xf3, 0xf3, 0xf6);

/// Okabe and Ito's black.
pub const BLACK: Rgb = Rgb(0x00, 0x00, 0x00);
/// Okabe and Ito's orange.
pub const ORANGE: Rgb = Rgb(0xe6, 0x9f, 0x00);
/// Okabe and Ito's sky blue.
pub const SKY: Rgb = Rgb(0x56, 0xb4, 0xe9);
/// Okabe and Ito's bluish green.
pub const GREEN: Rgb = Rgb(0x00, 0x9e, 0x73);
/// Okabe and Ito's blue.
pub const BLUE: Rgb = Rgb(0x00, 0x72, 0xb2);
/// Okabe and Ito's vermillion: failures, in every figure.
pub const VERMILLION: Rgb = Rgb(0xd5, 0x5e, 0x00);
/// Okabe and Ito's reddish purple.
pub const PURPLE: Rgb = Rgb(0xcc, 0x79, 0xa7);

/// The colour of a kind of operation, the same in every figure. Lookups are issued only where the
/// overlay runs alone, without the other kinds.
pub const fn kind_color(kind: OperationKind) -> Rgb {
    match kind {
        OperationKind::Read | OperationKind::Lookup => BLUE,
        OperationKind::Update => ORANGE,
        OperationKind::Join => GREEN,
        OperationKind::Leave => SKY,
        OperationKind::Multicast => PURPLE,
        OperationKind::Members => BLACK,
    }
}

/// The colour of a class of group sizes, the smallest first: the five common ones grow darker with
/// size, also without colours.
pub fn size_color(class: usize) -> Rgb {
    const COLORS: [Rgb; 7] = [ORANGE, PURPLE, GREEN, BLUE, BLACK, VERMILLION, SKY];
    COLORS[class % COLORS.len()]
}

/// The colour, dash pattern and place among the markers of a protocol, the same in every figure.
/// They also differ without colours.
pub fn protocol_style(name: &str) -> (Rgb, usize) {
    match name {
        "clippee" => (BLUE, 0),
        "consensus" => (ORANGE, 1),
        "client_server" => (GREEN, 2),
        "token_ring" => (PURPLE, 3),
        "overlay" => (SKY, 4),
        _ => (BLACK, 5),
    }
}

/// The colour of the line of a value, where the lines of a figure are values of one axis.
pub fn value_color(index: usize) -> Rgb {
    const COLORS: [Rgb; 7] = [BLUE, ORANGE, GREEN, PURPLE, BLACK, SKY, VERMILLION];
    COLORS[index % COLORS.len()]
}

/// Lengths of dashes and gaps in turn; none: a solid line.
pub fn dashes(index: usize) -> &'static [f64] {
    const PATTERNS: [&[f64]; 6] = [
        &[],
        &[10.0, 7.0],
        &[14.0, 6.0, 2.5, 6.0],
        &[2.5, 6.0],
        &[20.0, 8.0],
        &[14.0, 6.0, 2.5, 6.0, 2.5, 6.0],
    ];
    PATTERNS[index % PATTERNS.len()]
}

impl Rgb {
    /// The colour mixed with white; `share` of it stays, 0 to 1.
    pub fn tint(self, share: f64) -> Self {
        let mix = |part: u8| (255.0 - (255.0 - f64::from(part)) * share) as u8;
        Self(mix(self.0), mix(self.1), mix(self.2))
    }
}
