//! What is printed, and whether it is good enough.

use super::{Case, Outcome};
use std::fmt;

/// How well answers in words name their sources.
#[derive(Debug, Clone, PartialEq)]
pub enum Citations {
    /// No model was asked.
    NotAsked,
    /// Of each case that says what to cite.
    Asked(Vec<Cited>),
}

/// What one answer cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// Where the case stands.
    pub at: String,
    /// Display IDs, whatever they are worth.
    pub cited: Vec<String>,
    /// Of these, those that the case names.
    pub right: usize,
    /// Display IDs of what went into the prompt and the person may not see.
    pub leaks: Vec<String>,
    /// Why there is no answer, in words.
    pub fault: Option<String>,
}

impl Cited {
    /// The part of what was cited that should be; 0 for an answer without a citation, None without an answer.
    pub fn precision(&self) -> Option<f64> {
        let number = |count: usize| u32::try_from(count).map(f64::from).unwrap_or_default();
        let precision = if self.cited.is_empty() { 0.0 } else { number(self.right) / number(self.cited.len()) };
        self.fault.is_none().then_some(precision)
    }
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
        mean(self.outcomes.iter().filter_map(Outcome::recall))
    }

    /// Must be 0.
    pub fn leaks(&self) -> usize {
        let answered = match &self.citations {
            Citations::NotAsked => 0,
            Citations::Asked(all) => all.iter().map(|cited| cited.leaks.len()).sum(),
        };
        answered + self.outcomes.iter().map(|outcome| outcome.leaks.len()).sum::<usize>()
    }

    /// Of the answers there are, the mean of their precision; None when there is none.
    pub fn citation_precision(&self) -> Option<f64> {
        let Citations::Asked(all) = &self.citations else { return None };
        mean(all.iter().filter_map(Cited::precision))
    }

    /// Why it is not good enough, in words.
    pub fn verdict(&self, least_recall: f64) -> Result<(), String> {
        let leaks = self.leaks();
        if leaks > 0 {
            return Err(format!(
                "Leaks: {leaks}. What somebody must not find was found, or went into a prompt. See LEAK above."
            ));
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

/// None of none.
fn mean(parts: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = parts.fold((0.0, 0_u32), |(sum, count), part| (sum + part, count + 1));
    (count > 0).then(|| sum / f64::from(count))
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
        match &self.citations {
            Citations::NotAsked => writeln!(f, "citations  not asked: {cited} cases say what an answer should cite")?,
            Citations::Asked(all) => {
                for one in all {
                    let precision = one.precision().map_or("   –".to_owned(), |precision| format!("{precision:.2}"));
                    writeln!(f, "{precision} of what was cited  {}: {}", one.at, one.cited.join(", "))?;
                    if let Some(fault) = &one.fault {
                        writeln!(f, "     no answer: {fault}")?;
                    }
                    if !one.leaks.is_empty() {
                        writeln!(f, "     LEAK: {}", one.leaks.join(", "))?;
                    }
                }
                let precision =
                    self.citation_precision().map_or("–".to_owned(), |precision| format!("{precision:.2}"));
                let answers = all.iter().filter(|one| one.fault.is_none()).count();
                writeln!(f, "citations  precision {precision} over {answers} answers of {cited} cases")?;
            }
        }
        writeln!(f, "leaks      {}", self.leaks())
    }
}
