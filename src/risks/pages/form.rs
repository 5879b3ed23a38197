//! `/risks/new`.

use super::weight_choices;
use crate::access::Actor;
use crate::error::{Error, Problems, Result};
use crate::related::{PlaceChoice, parse_place, place_options};
use crate::risks::model::*;
use crate::text::value::{Body, Tag, Title};
use crate::ui::{Choice, Shell, filters};
use crate::web::{Form, parse_date};
use askama::Template;

#[derive(Template)]
#[template(path = "risks/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: RiskForm,
    pub problems: Problems,
    pub places: Vec<Choice>,
    pub likelihoods: Vec<Choice>,
    pub impacts: Vec<Choice>,
    pub categories: Vec<String>,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct RiskForm {
    pub title: String,
    pub place: String,
    pub category: String,
    pub description: String,
    pub mitigation: String,
    pub contingency: String,
    pub likelihood: String,
    pub impact: String,
    pub review_on: String,
    pub tags: String,
}

/// Stands in the form until somebody weighs it: the middle.
const UNWEIGHED: &str = "3";

impl RiskForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        RiskForm {
            title: text("title"),
            place: text("place"),
            category: text("category"),
            description: text("description"),
            mitigation: text("mitigation"),
            contingency: text("contingency"),
            likelihood: text("likelihood"),
            impact: text("impact"),
            review_on: text("review_on"),
            tags: text("tags"),
        }
    }

    /// All problems at once.
    pub fn check(&self, me: &Actor) -> Result<NewRisk> {
        let mut problems = Problems::default();
        let wrong = || "problem-risk-weight".into();
        let place = problems.take("place", parse_place(me, &self.place).map_err(|_| "problem-place".into()));
        let title = problems.take("title", Title::parse(&self.title));
        let category = problems.take("category", parse_category(&self.category));
        let description = problems.take("description", Body::parse(&self.description));
        let mitigation = problems.take("mitigation", Body::parse(&self.mitigation));
        let contingency = problems.take("contingency", Body::parse(&self.contingency));
        let likelihood = problems.take("likelihood", parse_weight(&self.likelihood).ok_or_else(wrong));
        let impact = problems.take("impact", parse_weight(&self.impact).ok_or_else(wrong));
        let review_on = match self.review_on.trim() {
            "" => Some(None),
            text => problems.take("review_on", parse_date(text)).map(Some),
        };
        let tags = problems.take("tags", Tag::parse_list(&self.tags));
        match (place, title, category, description, mitigation, contingency, likelihood, impact, review_on, tags) {
            (
                Some(place),
                Some(title),
                Some(category),
                Some(description),
                Some(mitigation),
                Some(contingency),
                Some(likelihood),
                Some(impact),
                Some(review_on),
                Some(tags),
            ) => Ok(NewRisk {
                place,
                title,
                category,
                description,
                mitigation,
                contingency,
                likelihood,
                impact,
                review_on,
                tags,
            }),
            _ => Err(Error::Invalid(problems)),
        }
    }
}

impl New {
    pub fn new(
        shell: Shell,
        form: RiskForm,
        problems: Problems,
        places: &[PlaceChoice],
        categories: Vec<String>,
    ) -> Self {
        let or_middle = |typed: &'_ str| if typed.is_empty() { UNWEIGHED.to_owned() } else { typed.to_owned() };
        New {
            shell,
            places: place_options(places, &form.place),
            likelihoods: weight_choices("likelihood", &or_middle(&form.likelihood)),
            impacts: weight_choices("impact", &or_middle(&form.impact)),
            categories,
            form,
            problems,
        }
    }

    pub fn sample() -> Self {
        let problems = Problems::one("title", "problem-title-missing");
        New::new(Shell::sample("risks"), RiskForm::default(), problems, &[], vec!["tides".to_owned()])
    }
}
