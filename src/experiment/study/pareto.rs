//! Which of several plans no other beats in everything at once.
//!
//! Must not know what the goals are. Figures come with luck in them: of two plans that differ by less than their
//! intervals either may be the better one, so a front is found on one set of replications and looked at on another.

/// Which rows no other row beats: at least as small in every column and smaller in one. Every goal is to be small.
pub fn front(rows: &[Vec<f64>]) -> Vec<bool> {
    let beats =
        |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b);
    rows.iter()
        .map(|row| row.iter().all(|v| v.is_finite()) && !rows.iter().any(|other| beats(other, row)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beaten_in_everything_is_left_out() {
        let rows = vec![
            vec![1.0, 5.0],
            vec![2.0, 3.0],
            vec![2.0, 4.0],
            vec![5.0, 1.0],
            vec![6.0, 1.0],
            vec![1.0, 5.0],
        ];
        // Equal plans stand side by side; a tie in one goal and a loss in the other is a loss.
        assert_eq!(front(&rows), [true, true, false, true, false, true]);
        assert_eq!(front(&[vec![f64::NAN, 0.0], vec![1.0, 1.0]]), [false, true]);
        assert!(front(&[]).is_empty());
    }

    #[test]
    fn a_known_front_is_found() {
        // Of points of a square, to be near two corners: those on the line between the corners.
        let rows: Vec<Vec<f64>> = (0..=20)
            .flat_map(|i| (0..=20).map(move |j| (f64::from(i) / 20.0, f64::from(j) / 20.0)))
            .map(|(x, y)| vec![x * x + y * y, (x - 1.0) * (x - 1.0) + y * y])
            .collect();
        let on: Vec<usize> = front(&rows).iter().enumerate().filter(|(_, f)| **f).map(|(i, _)| i).collect();
        assert_eq!(on, (0..=20).map(|i| i * 21).collect::<Vec<_>>());
    }
}
