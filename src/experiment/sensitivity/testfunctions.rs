//! Functions whose sensitivity is known exactly. For tests only.

use std::f64::consts::PI;

use crate::experiment::sampling::Points;

/// Ishigami's function with a = 7, b = 0.1 on the unit cube, mapped to [−π, π]³ (T. Ishigami and T. Homma, "An
/// importance quantification technique in uncertainty analysis for computer models", ISUMA '90, 398-403).
pub fn ishigami(u: &[f64]) -> f64 {
    let x = |i: usize| PI * (2.0 * u[i] - 1.0);
    let sine = libm::sin(x(1));
    libm::sin(x(0)) + 7.0 * sine * sine + 0.1 * libm::pow(x(2), 4.0) * libm::sin(x(0))
}

/// What is exactly known of [`ishigami`]: variance, first order, total order, and the pair (0, 2).
pub struct Known {
    pub variance: f64,
    pub first: [f64; 3],
    pub total: [f64; 3],
    pub pair_0_2: f64,
}

/// The closed forms (Saltelli et al., Global Sensitivity Analysis: The Primer, 2008, section 4.6).
pub fn ishigami_known() -> Known {
    let (a, b, pi4) = (7.0, 0.1, PI * PI * PI * PI);
    let alone_1 = 0.5 * (1.0 + b * pi4 / 5.0) * (1.0 + b * pi4 / 5.0);
    let alone_2 = a * a / 8.0;
    let together = b * b * pi4 * pi4 * (1.0 / 18.0 - 1.0 / 50.0);
    let variance = alone_1 + alone_2 + together;
    Known {
        variance,
        first: [alone_1 / variance, alone_2 / variance, 0.0],
        total: [(alone_1 + together) / variance, alone_2 / variance, together / variance],
        pair_0_2: together / variance,
    }
}

/// Sobol's g function: the product of (|4u − 2| + a) / (1 + a) (Saltelli and Sobol', "About the use of rank
/// transformation in sensitivity analysis of model output", Reliab. Eng. Syst. Saf. 50 (1995) 225-239).
pub fn g(u: &[f64], a: &[f64]) -> f64 {
    u.iter().zip(a).map(|(u, a)| ((4.0 * u - 2.0).abs() + a) / (1.0 + a)).product()
}

/// First and total order of [`g`] in closed form.
pub fn g_known(a: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let partial: Vec<f64> = a.iter().map(|a| 1.0 / 3.0 / ((1.0 + a) * (1.0 + a))).collect();
    let product: f64 = partial.iter().map(|v| 1.0 + v).product();
    let first = partial.iter().map(|v| v / (product - 1.0)).collect();
    let total = partial.iter().map(|v| v * product / (1.0 + v) / (product - 1.0)).collect();
    (first, total)
}

/// A function at every point.
pub fn evaluate(points: &Points, f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    points.iter().map(f).collect()
}
