//! Sensitivity analysis: which parameters an output depends on, and how sure that is.
//!
//! Pure functions from a design and its outputs to plain data; the designs come from [`super::sampling`] (and
//! [`morris`]). Must not know what the parameters and outputs mean, nor how a point is evaluated. Resampling is keyed
//! by seed, transcendental functions come from `libm`: the same figures give the same bytes.
//!
//! | Question | Method |
//! |---|---|
//! | How much of the variance goes back to each parameter, alone and with others? | [`sobol`] |
//! | Which of many parameters matter at all, in few runs? | [`morris`] |
//! | Does the whole distribution of the output move, from any sample? | [`pawn`], [`delta`] |
//! | How much of the variance is the model's own luck? | [`noise`] |
//!
//! Why not a library: the crate `salib` 0.3.0 estimates Ishigami's indices within 0.0013 at N = 8,192, so accuracy is no
//! reason against it. But it has no intervals for second-order indices, its Sobol' sequence has no scrambling and drops
//! the first point (one design whatever the seed, so no second, independent answer), it knows no noise of the model
//! itself, and it brings 28 packages that nothing else here needs (nalgebra, ndarray, statrs, rustfft among them).

pub mod delta;
pub mod morris;
pub mod noise;
pub mod pawn;
pub mod resample;
mod slices;
pub use slices::AgainstDummy;
pub mod sobol;
#[cfg(test)]
mod sobol_tests;
#[cfg(test)]
mod testfunctions;

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Index {
    /// The estimate. An estimate of a share can lie outside [0, 1]; it is not cut, since that would hide its error.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Index {
    /// Whether the interval reaches zero: the sample cannot tell this index from none.
    pub fn indistinguishable_from_zero(&self) -> bool {
        // An interval that is not a number is no finding.
        self.low.is_nan() || self.low <= 0.0
    }
}

/// Why an analysis was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SensitivityError {
    /// The outputs do not fill the design.
    #[error(
        "{found} outputs do not fit the design for {parameters} parameters: it takes a multiple of {each} \
         (nearest: {below} or {above})"
    )]
    WrongLength {
        /// Outputs given.
        found: usize,
        /// Parameters of the design.
        parameters: usize,
        /// Outputs per base point or trajectory.
        each: usize,
        /// The largest number that fits and is not above.
        below: usize,
        /// The smallest number that fits and is above.
        above: usize,
    },
    /// Inputs and outputs of different number.
    #[error("{outputs} outputs for {points} points: every point has one output")]
    Unpaired {
        /// Points given.
        points: usize,
        /// Outputs given.
        outputs: usize,
    },
    /// Points with unequal numbers of replications.
    #[error("point {point} has {found} replications, the first has {first}: all points take as many")]
    Uneven {
        /// The place of the point, counted from 1.
        point: usize,
        /// Its replications.
        found: usize,
        /// The replications of the first point.
        first: usize,
    },
    /// A number that is none.
    #[error("output {place} is {value}: all outputs must be finite")]
    NotFinite {
        /// The place of the output, counted from 1.
        place: usize,
        /// What was found.
        value: f64,
    },
    /// A coordinate that is no number.
    #[error("parameter {parameter} of point {point} is {value}: all coordinates must be finite")]
    PointNotFinite {
        /// The place of the point, counted from 1.
        point: usize,
        /// The place of the parameter, counted from 1.
        parameter: usize,
        /// What was found.
        value: f64,
    },
    /// Every output is the same.
    #[error("nothing varies: all {outputs} outputs are {value}, so there is no variation to attribute")]
    NothingVaries {
        /// Outputs given.
        outputs: usize,
        /// The value of all of them.
        value: f64,
    },
    /// So few outputs differ that resamples often hold no variation.
    #[error(
        "the output varies too rarely: in {constant} of {resamples} resamples nothing varied, so no interval can be \
         given; take more base points or another measure"
    )]
    VariesTooRarely {
        /// Resamples without variation.
        constant: usize,
        /// Resamples drawn.
        resamples: usize,
    },
    /// Too small a sample for the method.
    #[error("{found} {what} are too few: at least {least} are needed")]
    TooFew {
        /// What there are too few of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        least: usize,
    },
    /// A setting outside its range.
    #[error("{what} is {found}: allowed is {allowed}")]
    Setting {
        /// The name of the setting.
        what: &'static str,
        /// What was found.
        found: usize,
        /// What is allowed.
        allowed: &'static str,
    },
}

/// Something to say beside a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Caution {
    /// The number of base points is no power of two.
    #[error(
        "{found} base points are no power of two, so the Sobol' sequence is not balanced: take {below} or {above}"
    )]
    NotAPowerOfTwo {
        /// Base points found.
        found: usize,
        /// The power of two below.
        below: usize,
        /// The power of two above.
        above: usize,
    },
    /// Intervals from so few base points are too narrow.
    #[error("with {found} base points the intervals are rough: take {least} or more")]
    FewBasePoints {
        /// Base points found.
        found: usize,
        /// From where on the intervals can be trusted.
        least: usize,
    },
}

/// Refuses outputs that are not finite or all equal.
fn check_outputs(outputs: &[f64]) -> Result<(), SensitivityError> {
    if let Some(place) = outputs.iter().position(|y| !y.is_finite()) {
        return Err(SensitivityError::NotFinite { place: place + 1, value: outputs[place] });
    }
    if let Some(value) = outputs.first()
        && outputs.iter().all(|y| y == value)
    {
        return Err(SensitivityError::NothingVaries { outputs: outputs.len(), value: *value });
    }
    Ok(())
}

/// The number of base points or trajectories, or why the outputs do not fill the design.
fn whole(found: usize, each: usize, parameters: usize) -> Result<usize, SensitivityError> {
    let whole = found / each;
    if parameters == 0 || found == 0 || !found.is_multiple_of(each) {
        let (below, above) = (whole * each, (whole + 1) * each);
        return Err(SensitivityError::WrongLength { found, parameters, each, below, above });
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_reaches_zero_says_so() {
        let index = |low, high| Index { value: 0.1, low, high };
        assert!(index(-0.01, 0.2).indistinguishable_from_zero());
        assert!(index(0.0, 0.2).indistinguishable_from_zero());
        assert!(!index(0.01, 0.2).indistinguishable_from_zero());
        assert!(index(f64::NAN, f64::NAN).indistinguishable_from_zero());
    }

    #[test]
    fn refusals_name_what_was_found_and_what_is_allowed() {
        assert_eq!(
            whole(41, 5, 3).unwrap_err().to_string(),
            "41 outputs do not fit the design for 3 parameters: it takes a multiple of 5 (nearest: 40 or 45)"
        );
        assert_eq!(whole(40, 5, 3), Ok(8));
        assert_eq!(
            check_outputs(&[1.0, 2.0, f64::NAN]).unwrap_err().to_string(),
            "output 3 is NaN: all outputs must be finite"
        );
        assert_eq!(
            check_outputs(&[0.5, 0.5]).unwrap_err().to_string(),
            "nothing varies: all 2 outputs are 0.5, so there is no variation to attribute"
        );
        assert_eq!(check_outputs(&[0.5, 0.6]), Ok(()));
    }
}
