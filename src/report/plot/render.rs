//! From a scene to files: SVG and PNG, through plotters' backends.
//!
//! Backends take whole pixels. So a scene is drawn magnified: the SVG's view box scales it down
//! again, and the PNG is averaged down, which smooths lines and text alike.

use super::font::{self, FontUnusable, LINE_PER_EM};
use super::scene::{Anchor, Mark, Point, Scene, Text};
use super::style::{FIGURE_HEIGHT, FIGURE_WIDTH, Rgb};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle, TextStyle};
use std::io;
use std::path::Path;

/// Pixels of the SVG's view box per logical pixel.
const SVG_ZOOM: u32 = 4;
/// Pixels drawn per logical pixel, along each axis, before averaging.
const PNG_ZOOM: u32 = 3;
/// What plotters' SVG backend divides a font size by to get an em.
const SVG_LINE_PER_EM: f64 = 1.24;
/// How far below its point plotters' SVG backend puts the baseline of a text anchored at its top,
/// in em.
const SVG_BASELINE: f64 = 0.76;

/// Why a figure couldn't be drawn.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The font is unusable.
    #[error(transparent)]
    Font(#[from] FontUnusable),
    /// The backend failed.
    #[error("a figure can't be drawn: {0}")]
    Backend(String),
    /// The file can't be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes `<name>.svg` and `<name>.png` into a folder that exists.
pub fn write(scene: &Scene, folder: &Path, name: &str) -> Result<(), RenderError> {
    font::register()?;
    std::fs::write(folder.join(format!("{name}.svg")), svg(scene)?)?;
    png(scene, &folder.join(format!("{name}.png")))
}

/// The figure as SVG. Text stays text.
pub fn svg(scene: &Scene) -> Result<String, RenderError> {
    let size = pixels(SVG_ZOOM);
    let mut out = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut out, size);
        for mark in &scene.marks {
            svg_mark(&mut backend, mark)?;
        }
        backend.present().map_err(backend_error)?;
    }
    let (width, height) = pixels(1);
    let drawn = format!("width=\"{}\" height=\"{}\" ", size.0, size.1);
    let shown = format!(
        "width=\"{width}\" height=\"{height}\" role=\"img\" \
         stroke-linejoin=\"round\" stroke-linecap=\"round\" "
    );
    let title = escaped(&scene.title);
    Ok(out.replacen(&drawn, &shown, 1).replacen(">\n", &format!(">\n<title>{title}</title>\n"), 1))
}

/// Writes the figure as PNG.
pub fn png(scene: &Scene, path: &Path) -> Result<(), RenderError> {
    let (width, height) = pixels(1);
    let large = pixels(PNG_ZOOM);
    let mut drawn = vec![255_u8; 3 * large.0 as usize * large.1 as usize];
    {
        let mut backend = BitMapBackend::with_buffer(&mut drawn, large);
        for mark in &scene.marks {
            png_mark(&mut backend, mark)?;
        }
        backend.present().map_err(backend_error)?;
    }
    let averaged = averaged(&drawn, width as usize, height as usize);
    let mut backend = BitMapBackend::new(path, (width, height));
    backend.blit_bitmap((0, 0), (width, height), &averaged).map_err(backend_error)?;
    backend.present().map_err(backend_error)
}

fn pixels(zoom: u32) -> (u32, u32) {
    (FIGURE_WIDTH as u32 * zoom, FIGURE_HEIGHT as u32 * zoom)
}

fn svg_mark(backend: &mut SVGBackend<'_>, mark: &Mark) -> Result<(), RenderError> {
    let zoom = f64::from(SVG_ZOOM);
    let drawn = match mark {
        Mark::Area { points, color } => {
            backend.fill_polygon(points.iter().map(|&p| at(p, zoom)), &filled(*color))
        }
        Mark::Line { points, width, color } => {
            let style = filled(*color).stroke_width((width * zoom + 0.5) as u32);
            backend.draw_path(points.iter().map(|&p| at(p, zoom)), &style)
        }
        Mark::Text(text) => {
            let style = text_style(text, text.size * zoom * SVG_LINE_PER_EM);
            let top = (text.at.0, text.at.1 - SVG_BASELINE * text.size);
            backend.draw_text(&text.text, &style, at(top, zoom))
        }
    };
    drawn.map_err(backend_error)
}

fn png_mark(backend: &mut BitMapBackend<'_>, mark: &Mark) -> Result<(), RenderError> {
    let zoom = f64::from(PNG_ZOOM);
    let drawn = match mark {
        Mark::Area { points, color } => {
            backend.fill_polygon(points.iter().map(|&p| at(p, zoom)), &filled(*color))
        }
        Mark::Line { points, width, color } => {
            let points: Vec<_> = points.iter().map(|p| (p.0 * zoom, p.1 * zoom)).collect();
            return png_line(backend, &points, width * zoom, *color);
        }
        Mark::Text(text) => {
            let line = text.size * zoom * LINE_PER_EM;
            // plotters puts the baseline half a line height below the top.
            let top = (text.at.0, text.at.1 - text.size * LINE_PER_EM / 2.0);
            backend.draw_text(&text.text, &text_style(text, line), at(top, zoom))
        }
    };
    drawn.map_err(backend_error)
}

/// A wide line, segment by segment with round joins: plotters' own makes spikes where a line turns
/// sharply.
fn png_line(
    backend: &mut BitMapBackend<'_>,
    points: &[Point],
    width: f64,
    color: Rgb,
) -> Result<(), RenderError> {
    let style = filled(color);
    let half = width / 2.0;
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = libm::hypot(dx, dy);
        if length == 0.0 {
            continue;
        }
        let (nx, ny) = (-dy / length * half, dx / length * half);
        let corners = [
            (from.0 + nx, from.1 + ny),
            (to.0 + nx, to.1 + ny),
            (to.0 - nx, to.1 - ny),
            (from.0 - nx, from.1 - ny),
        ];
        let corners = corners.map(|corner| at(corner, 1.0));
        backend.fill_polygon(corners, &style).map_err(backend_error)?;
    }
    // Thin lines need no joins, and a circle of radius 1 would make beads of them.
    if half >= 2.0 {
        for &point in points {
            backend
                .draw_circle(at(point, 1.0), half as u32, &style, true)
                .map_err(backend_error)?;
        }
    }
    Ok(())
}

fn text_style(text: &Text, line_height: f64) -> TextStyle<'static> {
    let h_pos = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let Rgb(r, g, b) = text.color;
    TextStyle {
        font: font::sized(line_height),
        color: RGBColor(r, g, b).to_backend_color(),
        pos: Pos::new(h_pos, VPos::Top),
    }
}

fn filled(Rgb(r, g, b): Rgb) -> ShapeStyle {
    RGBColor(r, g, b).filled()
}

fn at(point: Point, zoom: f64) -> (i32, i32) {
    (libm::round(point.0 * zoom) as i32, libm::round(point.1 * zoom) as i32)
}

/// The mean of each block of pixels.
fn averaged(large: &[u8], width: usize, height: usize) -> Vec<u8> {
    let zoom = PNG_ZOOM as usize;
    let count = PNG_ZOOM * PNG_ZOOM;
    let mut small = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let mut sum = 0;
                for row in y * zoom..(y + 1) * zoom {
                    let start = 3 * (row * width * zoom + x * zoom) + channel;
                    sum += (0..zoom).map(|i| u32::from(large[start + 3 * i])).sum::<u32>();
                }
                small.push(((sum + count / 2) / count) as u8);
            }
        }
    }
    small
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn backend_error(error: impl std::fmt::Display) -> RenderError {
    RenderError::Backend(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::style::{BLUE, INK};
    use super::*;

    fn scene() -> Scene {
        let mut scene = Scene::new("A & B");
        scene.line(vec![(100.0, 100.0), (200.5, 150.25)], 2.0, BLUE);
        scene.text(Text {
            text: "10 < 20".into(),
            at: (50.0, 60.0),
            anchor: Anchor::End,
            size: 16.0,
            color: INK,
        });
        scene
    }

    #[test]
    fn an_svg_is_scaled_to_its_size_and_keeps_text_as_text() {
        let svg = svg(&scene()).unwrap();
        assert!(svg.starts_with("<svg width=\"1200\" height=\"750\""), "{svg}");
        assert!(svg.contains("viewBox=\"0 0 4800 3000\""));
        assert!(svg.contains("<title>A &amp; B</title>"));
        assert!(svg.contains("10 &lt; 20") && svg.contains("text-anchor=\"end\""));
        assert!(svg.contains("802,601"), "quarter pixels are kept: {svg}");
    }

    #[test]
    fn a_png_has_the_size_of_the_figure_and_the_same_bytes_each_time() {
        let folder = tempfile::tempdir().unwrap();
        write(&scene(), folder.path(), "a").unwrap();
        write(&scene(), folder.path(), "b").unwrap();
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        let png = read("a.png");
        assert_eq!(&png[..4], b"\x89PNG");
        assert_eq!(png[16..24], [0, 0, 4, 176, 0, 0, 2, 238], "1200 x 750");
        assert!(png == read("b.png") && read("a.svg") == read("b.svg"));
    }
}
