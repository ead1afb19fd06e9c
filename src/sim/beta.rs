//! The incomplete beta function: tails of the beta distribution, and of Student's t by way of it.
//!
//! Pure arithmetic. Knows nothing of what is uncertain. All transcendental functions come from `libm`, so that the same
//! figures give the same bytes on every machine.

/// The chances below and above `x` under Beta(a, b): the regularised incomplete beta function and its complement,
/// each computed or subtracted so that the smaller keeps its digits. `a` and `b` are positive.
pub fn beta_tails(a: f64, b: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x >= 1.0 {
        return (1.0, 0.0);
    }
    // The fraction converges fast below the mean; above it the mirrored one does.
    if x <= (a + 1.0) / (a + b + 2.0) {
        let below = (front(a, b, x, 1.0 - x) * fraction(a, b, x) / a).min(1.0);
        (below, 1.0 - below)
    } else {
        let above = (front(b, a, 1.0 - x, x) * fraction(b, a, 1.0 - x) / b).min(1.0);
        (1.0 - above, above)
    }
}

/// `x^a · y^b / B(a, b)` with `y = 1 − x`.
///
/// Written with Stirling's formula and what it leaves out, because the logarithms of three gamma functions of large
/// arguments cancel and take the digits with them: at a million messages nine remain of sixteen.
fn front(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let exponent =
        stirling_rest(n) - stirling_rest(a) - stirling_rest(b) - deviance(a, n * x) - deviance(b, n * y);
    libm::sqrt(a / n * b / std::f64::consts::TAU) * libm::exp(exponent)
}

/// `k ln(k/m) − k + m`: how badly a count `k` fits a mean `m`, both positive.
fn deviance(k: f64, m: f64) -> f64 {
    let t = (k - m) / m;
    m * ((1.0 + t) * libm::log1p(t) - t)
}

/// `ln Γ(z) − [(z − ½) ln z − z + ½ ln 2π]` for z > 0.
fn stirling_rest(z: f64) -> f64 {
    if z < 16.0 {
        let half_log_tau = 0.918_938_533_204_672_8;
        return libm::lgamma(z) - ((z - 0.5) * libm::log(z) - z + half_log_tau);
    }
    // NIST Digital Library of Mathematical Functions, 5.11.1; the first term left out is below 1e-15 here.
    let q = 1.0 / (z * z);
    (1.0 / 12.0 - q * (1.0 / 360.0 - q * (1.0 / 1260.0 - q * (1.0 / 1680.0 - q / 1188.0)))) / z
}

/// The continued fraction of the incomplete beta function (NIST Digital Library of Mathematical Functions, 8.17.22),
/// evaluated from the front by the modified method of Lentz (Press et al., Numerical Recipes, 3rd ed., 5.2 and 6.4).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut f = d;
    // It takes about √max(a, b) terms: the bound is enough for ten billion messages in a window.
    for m in 1..=100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        f *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        f *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    f
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (a, b, x, below, above): SciPy's `beta.cdf` and `beta.sf`, large cases by quadrature with thirty digits.
    const TAILS: [(f64, f64, f64, f64, f64); 14] = [
        (0.5, 0.5, 0.3, 0.369_010_119_565_545_4, 0.630_989_880_434_454_6),
        (0.5, 100.5, 0.005, 0.683_900_856_815_139_8, 0.316_099_143_184_860_2),
        (2.5, 98.5, 0.02, 0.452_036_901_303_331_9, 0.547_963_098_696_668_1),
        (3.0, 248.0, 0.02, 0.877_886_240_074_353_9, 0.122_113_759_925_646_1),
        (0.5, 250.5, 0.005, 0.886_786_415_995_158_7, 0.113_213_584_004_841_3),
        (40.5, 960.5, 0.02, 2.978_292_485_279_564e-5, 0.999_970_217_075_147_2),
        (10.5, 0.5, 0.9, 0.141_553_091_812_887, 0.858_446_908_187_113),
        (30.25, 70.75, 0.9, 1.0, 1.321_137_440_585_373_4e-47),
        (30.25, 70.75, 0.05, 5.038_120_692_675_161e-16, 1.0),
        (1_200.5, 98_800.5, 0.0125, 0.923_354_914_861_873_1, 0.076_645_085_138_126_89),
        (20_000.5, 980_000.5, 0.02, 0.499_544_063_318_534_8, 0.500_455_936_681_465_2),
        (20_000.5, 980_000.5, 0.0203, 0.983_468_449_374_839_6, 0.016_531_550_625_160_39),
        (5_000.5, 4_995_000.5, 0.001, 0.499_061_073_683_689_2, 0.500_938_926_316_310_8),
        (2e6, 1e8, 0.0196, 0.283_945_519_632_027_7, 0.716_054_480_367_972_3),
    ];

    #[test]
    fn tails_agree_with_published_implementations_from_few_to_very_many() {
        for (a, b, x, below, above) in TAILS {
            let got = beta_tails(a, b, x);
            for (got, want) in [(got.0, below), (got.1, above)] {
                assert!((got - want).abs() < 1e-10, "Beta({a}, {b}) at {x}: {got}, not {want}");
            }
            // A small tail is right in itself, not merely small.
            let (got, want) = if below < above { (got.0, below) } else { (got.1, above) };
            assert!((got / want - 1.0).abs() < 1e-9, "Beta({a}, {b}) at {x}: {got}, not {want}");
            let mirrored = beta_tails(b, a, 1.0 - x);
            assert!((mirrored.0 - above).abs() < 1e-9, "the other way round: {a}, {b}, {x}");
        }
    }

    #[test]
    fn tails_end_at_the_ends_and_follow_the_closed_forms() {
        assert_eq!(beta_tails(2.0, 3.0, 0.0), (0.0, 1.0));
        assert_eq!(beta_tails(2.0, 3.0, 1.0), (1.0, 0.0));
        assert_eq!(beta_tails(0.5, 1_000_000.5, 0.005), (1.0, 0.0));
        for x in [1e-6, 0.02, 0.3, 0.5, 0.77, 0.999] {
            assert!((beta_tails(1.0, 1.0, x).0 - x).abs() < 1e-14, "uniform at {x}");
            assert!((beta_tails(4.0, 1.0, x).0 - x * x * x * x).abs() < 1e-14, "fourth power at {x}");
            let arcsine = libm::asin(libm::sqrt(x)) * std::f64::consts::FRAC_2_PI;
            assert!((beta_tails(0.5, 0.5, x).0 - arcsine).abs() < 1e-14, "arcsine at {x}");
        }
    }
}
