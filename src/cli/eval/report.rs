//! What is printed, and whether it is good enough.

use super::{Case, Outcome};
use std::fmt;

/// How well answers in words name their sources. Who asks a model puts the numbers here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Citations {
    /// No model was asked.
    NotAsked,
}

pub struct Report<'c> {
    cases: &'c [Case],
    /// In the order of the cases.
    outcomes: Vec<Outcome>,
    citations: Citations,
}

impl<'c> Report<'c> {
    pub fn new(cases: &'c [Case], outcomes: Vec<Outcome>, citations: Citations) -> Self {
        Report { cases, outcomes, citations }
    }

    /// Of the cases that name something to find, the mean of the part of it that was; None when none does.
    pub fn recall(&self) -> Option<f64> {
        let parts: Vec<f64> = self.outcomes.iter().filter_map(Outcome::recall).collect();
        let sum: f64 = parts.iter().sum();
        u32::try_from(parts.len()).ok().filter(|count| *count > 0).map(|count| sum / f64::from(count))
    }

    /// Must be 0.
    pub fn leaks(&self) -> usize {
        self.outcomes.iter().map(|outcome| outcome.leaks.len()).sum()
    }

    /// Why it is not good enough, in words.
    pub fn verdict(&self, least_recall: f64) -> Result<(), String> {
        let leaks = self.leaks();
        if leaks > 0 {
            return Err(format!("{leaks} leaks: somebody found what they must not. See LEAK above."));
        }
        match self.recall() {
            Some(recall) if recall < least_recall => Err(format!(
                "Recall is {recall:.2}, and at least {least_recall:.2} is wanted. See what was missed above."
            )),
            _ => Ok(()),
        }
    }

    fn meaning(&self) -> String {
        let count = |wanted: Option<bool>| self.outcomes.iter().filter(|outcome| outcome.is_meant == wanted).count();
        match (count(Some(true)), count(Some(false))) {
            (0, 0) => "by words alone, because nothing is embedded or nothing may leave".to_owned(),
            (meant, 0) if meant == self.outcomes.len() => "by words and meaning".to_owned(),
            (meant, away) => format!(
                "{meant} by words and meaning, {} by words alone, of these {away} because the provider did not answer",
                self.outcomes.len() - meant
            ),
        }
    }
}

impl Outcome {
    /// None for a case that names nothing to find.
    pub fn recall(&self) -> Option<f64> {
        let number = |names: &[String]| u32::try_from(names.len()).map(f64::from).unwrap_or_default();
        let (found, missed) = (number(&self.found), number(&self.missed));
        (found + missed > 0.0).then(|| found / (found + missed))
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (case, outcome) in self.cases.iter().zip(&self.outcomes) {
            let recall = outcome.recall().map_or("   –".to_owned(), |recall| format!("{recall:.2}"));
            writeln!(f, "{recall} of the first {:<3} {} as {}: {}", case.k, case.at, case.person, case.question)?;
            if !outcome.missed.is_empty() {
                writeln!(f, "     missed: {}", outcome.missed.join("; "))?;
            }
            if !outcome.leaks.is_empty() {
                writeln!(f, "     LEAK: {}", outcome.leaks.join(", "))?;
            }
        }
        let recall = self.recall().map_or("–".to_owned(), |recall| format!("{recall:.2}"));
        let asked = self.outcomes.iter().filter(|outcome| outcome.recall().is_some()).count();
        writeln!(f, "\nretrieval  recall {recall} over {asked} of {} cases, {}", self.outcomes.len(), self.meaning())?;
        let cited = self.cases.iter().filter(|case| !case.cites.is_empty()).count();
        match self.citations {
            Citations::NotAsked => writeln!(f, "citations  not asked: {cited} cases say what an answer should cite")?,
        }
        writeln!(f, "leaks      {}", self.leaks())
    }
}
