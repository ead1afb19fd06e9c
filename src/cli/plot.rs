//! `tiersim plot`: the charts of a folder of results, drawn again from its tables and manifest alone.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::cli::args::Common;
use crate::cli::exit::{Exit, Failure};
use crate::cli::files::{put, said};
use crate::cli::{output, present};
use crate::report::charts::Chart;
use crate::report::html;
use crate::report::style::{Look, Size, Theme};
use crate::store::Results;
use crate::store::results::NoResults;
use crate::text::did_you_mean;

/// `tiersim plot`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tiersim plot output/weekly-promo/1a2b3c4d5e6f               the charts again, from tables and manifest
  tiersim plot output/weekly-promo/1a2b3c4d5e6f --size slide --theme dark -o slides
                                                              1280 × 720, for a dark slide, into a folder of its own
  tiersim plot output/weekly-promo/1a2b3c4d5e6f --size column
                                                              for a column of a paper: charts/rating-column.svg
  tiersim plot output/weekly-promo/6f5e4d3c2b1a --size column --no-png
                                                              the same of a sweep: charts/heat-column.svg

  tiersim plot output/weekly-promo/1a2b3c4d5e6f --chart rating --size column
                                                              one of them

Charts: rating, limit, funnel, delays, costs of a run (a replay has no delays); comparison; colours, heat, response-FIGURE
of a sweep; ranking-MEASURE and mu-sigma-MEASURE of a sensitivity study; search of solve; tradeoff; calendar of plan
warmup; assumptions. Names are those of files in charts/.

Charts of the same version of the program are the same to the byte.")]
pub struct PlotArgs {
    /// A folder that run, replay or a study wrote
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// On white paper or for dark slides
    #[arg(long, value_name = "THEME", default_value = "light")]
    pub theme: ThemeArg,
    /// What for: a page on a screen (900 × 480), a slide (1280 × 720), a paper's column (89 mm)
    #[arg(long, value_name = "SIZE", default_value = "page")]
    pub size: SizeArg,
    /// Draw this chart and no other, by its file's name in charts/; may be repeated
    #[arg(long = "chart", value_name = "NAME")]
    pub charts: Vec<String>,
    /// SVG only
    #[arg(long)]
    pub no_png: bool,
}

/// Colours of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ThemeArg {
    /// White paper.
    Light,
    /// Dark paper.
    Dark,
}

/// Sizes of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SizeArg {
    /// A page on a screen.
    Page,
    /// A slide.
    Slide,
    /// A column of a paper.
    Column,
}

impl PlotArgs {
    fn look(&self) -> Look {
        let theme = match self.theme {
            ThemeArg::Light => Theme::Light,
            ThemeArg::Dark => Theme::Dark,
        };
        let size = match self.size {
            SizeArg::Page => Size::Page,
            SizeArg::Slide => Size::Slide,
            SizeArg::Column => Size::Column,
        };
        Look { theme, size }
    }

    /// What a look other than the usual adds to the names of files.
    fn suffix(&self) -> String {
        let size = match self.size {
            SizeArg::Page => "",
            SizeArg::Slide => "-slide",
            SizeArg::Column => "-column",
        };
        format!("{size}{}", if self.theme == ThemeArg::Dark { "-dark" } else { "" })
    }
}

/// Runs the command.
pub fn plot(args: &PlotArgs, common: &Common) -> Result<Exit, Failure> {
    let results = open(&args.folder)?;
    let to = common.output.as_ref().unwrap_or(&args.folder);
    let mut fates = Vec::new();
    for (part, chart) in chosen(present::charts(&results, args.look())?, &args.charts)? {
        let name = format!("{part}charts/{}{}", chart.name, args.suffix());
        for (ending, bytes) in present::files(&name, &chart.svg, args.look().size, args.no_png)? {
            fates.push(put(&to.join(format!("{name}.{ending}")), &bytes, common.force)?);
        }
    }
    output::print(&said(&fates, ("chart file", "chart files"), to))?;
    Ok(Exit::Fine)
}

/// The charts asked for, or all where none was. Each name has to be one of them.
fn chosen(all: Vec<(String, Chart)>, asked: &[String]) -> Result<Vec<(String, Chart)>, Failure> {
    // A replay under several policies has each name once per policy.
    let mut names: Vec<&str> = Vec::new();
    for (_, chart) in &all {
        if !names.contains(&chart.name.as_str()) {
            names.push(&chart.name);
        }
    }
    for name in asked {
        if !names.contains(&name.as_str()) {
            let hint = did_you_mean(name, names.iter().copied()).map_or(String::new(), |h| format!("; {h}"));
            return Err(Failure::input(format!(
                "--chart {name}: no such chart here{hint} (charts: {})",
                names.join(", ")
            )));
        }
    }
    Ok(all.into_iter().filter(|(_, chart)| asked.is_empty() || asked.contains(&chart.name)).collect())
}

/// Opens a folder of results whose files are as they were written. Charts and pages are what is made again: of them
/// whoever writes them says what became.
pub fn open(folder: &Path) -> Result<Results, Failure> {
    let results = Results::open(folder).map_err(|e| match e {
        NoResults::Store(e) => e.into(),
        other => Failure::input(other),
    })?;
    results.check(|file| [".svg", ".png", html::FILE].iter().any(|ending| file.ends_with(ending)))?;
    Ok(results)
}
