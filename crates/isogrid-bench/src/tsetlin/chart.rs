//! Accuracy by seconds of training as a picture: an SVG with a logarithmic time axis, one line a machine.

use std::fmt::Write;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 20.0;
/// Room at the right for names.
const RIGHT: f64 = 300.0;
const BOTTOM: f64 = 50.0;
/// Colors that people with any eyes tell apart (Okabe and Ito), and dashes for a second round of them.
const COLORS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];

/// Named lines of (seconds, accuracy).
pub(super) fn curves(lines: &[(String, Vec<(f64, f64)>)]) -> String {
    let points = || lines.iter().flat_map(|(_, points)| points).filter(|point| point.0 > 0.0);
    let span = points().fold((f64::INFINITY, 0.0_f64), |(a, b), point| (a.min(point.0), b.max(point.0)));
    let least = points().map(|point| point.1).fold(1.0_f64, f64::min);
    let axes = Axes::new(span, least);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\"><rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    axes.draw(&mut svg);
    for (number, (name, points)) in lines.iter().enumerate() {
        let color = COLORS[number % COLORS.len()];
        let dash = if number < COLORS.len() { "" } else { " stroke-dasharray=\"6 3\"" };
        let path: Vec<String> = points
            .iter()
            .filter(|point| point.0 > 0.0)
            .map(|&(seconds, accuracy)| format!("{:.1},{:.1}", axes.x(seconds), axes.y(accuracy)))
            .collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"1.8\"{dash} points=\"{}\"/>",
            path.join(" ")
        );
        let y = TOP + 12.0 + 22.0 * number as f64;
        let x = WIDTH - RIGHT + 12.0;
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"{color}\" stroke-width=\"3\"{dash}/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            x + 24.0,
            x + 30.0,
            y + 4.0,
            name.replace('&', "&amp;").replace('<', "&lt;")
        );
    }
    svg + "</svg>\n"
}

struct Axes {
    /// Powers of ten of the first and the last second shown.
    decades: (f64, f64),
    least: f64,
}

impl Axes {
    fn new((first, last): (f64, f64), least: f64) -> Axes {
        let decades = if first < last { (first.log10().floor(), last.log10().ceil()) } else { (0.0, 1.0) };
        Axes { decades, least: (least * 20.0).floor() / 20.0 }
    }

    fn x(&self, seconds: f64) -> f64 {
        let share = (seconds.log10() - self.decades.0) / (self.decades.1 - self.decades.0);
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, accuracy: f64) -> f64 {
        let share = (accuracy - self.least) / (1.0 - self.least).max(1e-9);
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }

    fn draw(&self, svg: &mut String) {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for decade in self.decades.0 as i32..=self.decades.1 as i32 {
            let x = self.x(10_f64.powi(decade));
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#ddd\"/>\
                 <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                bottom + 18.0,
                10_f64.powi(decade)
            );
        }
        for step in 0..=5 {
            let accuracy = self.least + (1.0 - self.least) * f64::from(step) / 5.0;
            let y = self.y(accuracy);
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{:.0} %</text>",
                LEFT - 6.0,
                y + 4.0,
                accuracy * 100.0
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">seconds of training</text>",
            f64::midpoint(LEFT, right),
            HEIGHT - 10.0
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_within_the_picture() {
        let lines = vec![
            ("a & b".to_string(), vec![(0.05, 0.6), (1.0, 0.9), (299.0, 0.97)]),
            ("none".to_string(), Vec::new()),
        ];
        let svg = curves(&lines);
        assert!(svg.contains("a &amp; b") && svg.ends_with("</svg>\n"));
        let axes = Axes::new((0.05, 299.0), 0.6);
        for (seconds, accuracy) in [(0.05, 0.6), (299.0, 0.97), (1.0, 1.0)] {
            assert!((LEFT..=WIDTH - RIGHT).contains(&axes.x(seconds)), "{seconds}");
            assert!((TOP..=HEIGHT - BOTTOM).contains(&axes.y(accuracy)), "{accuracy}");
        }
        assert!(curves(&[]).starts_with("<svg"));
    }
}
