//! Percentiles.

/// A sample of durations in milliseconds.
#[derive(Debug, Clone, Default)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// Sorts what was measured.
    pub fn new(mut milliseconds: Vec<f64>) -> Self {
        milliseconds.sort_by(f64::total_cmp);
        Self(milliseconds)
    }

    /// The value that `percent` of the sample do not exceed; 0 of an empty sample.
    pub fn percentile(&self, percent: usize) -> f64 {
        let index = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(index).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_of_the_sample() {
        let sample = Sample::new((1..=100).rev().map(f64::from).collect());
        assert!((sample.percentile(50) - 51.0).abs() < f64::EPSILON);
        assert!((sample.percentile(99) - 100.0).abs() < f64::EPSILON);
        assert!((Sample::default().percentile(50)).abs() < f64::EPSILON);
    }
}
