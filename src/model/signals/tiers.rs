//! The tiers of a burn alert: several windows, several rates (Google SRE workbook, chapter 5, table 5-8).

use rust_decimal::Decimal;

use crate::manifest::scalars::Duration;

/// One pair of windows and the rate that both must exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The value of the `burn` label.
    pub name: &'static str,
    /// The window that says how much of the budget is gone.
    pub long: Duration,
    /// The window that says whether it is still going.
    pub short: Duration,
    /// How many times faster than allowed the budget must burn.
    pub factor: Decimal,
    /// How long both must hold.
    pub hold: Duration,
    /// Whether it is one of the two tiers that page.
    pub fast: bool,
}

const fn hours(n: u64) -> Duration {
    Duration::minutes(n * 60)
}

/// Name, long window, short window, hold, whether it pages.
const WINDOWS: [(&str, Duration, Duration, Duration, bool); 4] = [
    ("fast", hours(1), Duration::minutes(5), Duration::minutes(2), true),
    ("medium", hours(6), Duration::minutes(30), Duration::minutes(15), true),
    ("slow", hours(24), hours(2), Duration::minutes(30), false),
    ("long", hours(72), hours(6), Duration::minutes(30), false),
];

/// Percent of the budget that each tier lets go in its long window; a week's budget is so small that it needs larger shares.
const SHARES: [i64; 4] = [20, 50, 100, 100];
const SHARES_OF_A_WEEK: [i64; 4] = [80, 125, 200, 420];

/// Every tier of an objective's window, reachable or not.
fn all_tiers(window: Duration) -> impl Iterator<Item = Tier> {
    let shares = if window <= hours(24 * 7) { SHARES_OF_A_WEEK } else { SHARES };
    WINDOWS.into_iter().zip(shares).filter(move |((_, long, ..), _)| *long < window).map(move |((name, long, short, hold, fast), share)| {
        let factor = Decimal::new(share, 3) * Decimal::from(window.0) / Decimal::from(long.0);
        Tier { name, long, short, factor: factor.round_dp(3).normalize(), hold, fast }
    })
}

/// The tiers that can fire over an objective's window: those whose rate does not ask for more than all events to be bad.
pub fn tiers(window: Duration, budget: Decimal) -> Vec<Tier> {
    all_tiers(window).filter(|tier| tier.factor * budget < Decimal::ONE).collect()
}

/// The tiers that can never fire.
pub fn unreachable(window: Duration, budget: Decimal) -> Vec<Tier> {
    all_tiers(window).filter(|tier| tier.factor * budget >= Decimal::ONE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_have_the_rates_of_the_workbook() {
        let factors: Vec<String> = all_tiers(hours(720)).map(|tier| tier.factor.to_string()).collect();
        assert_eq!(factors, ["14.4", "6", "3", "1"]);
        let factors: Vec<String> = all_tiers(hours(672)).map(|tier| tier.factor.to_string()).collect();
        assert_eq!(factors, ["13.44", "5.6", "2.8", "0.933"]);
        let factors: Vec<String> = all_tiers(hours(168)).map(|tier| tier.factor.to_string()).collect();
        assert_eq!(factors, ["13.44", "3.5", "1.4", "0.98"]);
    }
}
