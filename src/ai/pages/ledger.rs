//! What left the building: the chart, the filter, the calls.

use crate::access::Actor;
use crate::ai::{Call, CallFilter, CallOutcome, DayOfCalls, Endpoint, Purpose, Share, request_path};
use crate::clock::midnight;
use crate::error::{Msg, Problems};
use crate::people::{Offered, PersonId};
use crate::records::Record;
use crate::ui::thousands as digits;
use crate::ui::{Choice, Chooser, Sample, Shell, filters, sample, say_with, text};
use crate::web::parse_date;
use askama::Template;
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Days in the chart.
pub const CHART_DAYS: u64 = 30;
/// Records of a call that are named before the rest is a number.
pub const RECORDS_NAMED: usize = 4;

#[derive(Template)]
#[template(path = "ai/calls.html")]
pub struct Ledger {
    pub shell: Shell,
    pub form: LedgerForm,
    pub purposes: Vec<Choice>,
    pub outcomes: Vec<Choice>,
    pub people: Chooser,
    pub chart: Chart,
    pub lines: Vec<CallLine>,
    pub next: Option<String>,
    pub is_filtered: bool,
    /// Everybody's calls, or one's own.
    pub sees_all: bool,
    pub can_export: bool,
    pub problems: Problems,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct LedgerForm {
    pub purpose: String,
    pub person: String,
    pub outcome: String,
    /// A display ID.
    pub record: String,
    pub from: String,
    pub to: String,
}

impl LedgerForm {
    pub fn of(given: impl Fn(&str) -> String) -> Self {
        LedgerForm {
            purpose: given("purpose"),
            person: given("person"),
            outcome: given("outcome"),
            record: given("record"),
            from: given("from"),
            to: given("to"),
        }
    }

    /// All but the record and the person, which need the database. Days are those of the reader's zone.
    pub fn check(&self, zone: chrono_tz::Tz) -> Result<CallFilter, Problems> {
        let mut problems = Problems::default();
        let choice = || Msg::new("problem-choice");
        let mut filter = CallFilter::default();
        if !self.purpose.is_empty() {
            filter.purpose = problems.take("purpose", Purpose::parse(&self.purpose).ok_or_else(choice));
        }
        if !self.outcome.is_empty() {
            filter.outcome = problems.take("outcome", CallOutcome::parse(&self.outcome).ok_or_else(choice));
        }
        let mut day = |field: &str, typed: &str| match typed.trim() {
            "" => None,
            typed => problems.take(field, parse_date(typed)),
        };
        filter.from = day("from", &self.from).map(|day| midnight(day, zone));
        filter.until = day("to", &self.to).and_then(|day| day.succ_opt()).map(|day| midnight(day, zone));
        if problems.is_empty() { Ok(filter) } else { Err(problems) }
    }

    /// What is set, for hidden fields and addresses.
    pub fn given(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("purpose", self.purpose.as_str()),
            ("person", &self.person),
            ("outcome", &self.outcome),
            ("record", &self.record),
            ("from", &self.from),
            ("to", &self.to),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    pub fn address(&self, after: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.given());
        query.append_pair("after", after);
        format!("/settings/ai/calls?{}", query.finish())
    }
}

/// The last days, as bars of three colours.
#[derive(Debug, Clone)]
pub struct Chart {
    pub bars: Vec<Bar>,
    /// The lines across: place and number.
    pub rules: Vec<(i64, i64)>,
    pub calls: i64,
    pub tokens_in: i64,
    pub tokens_out: i64,
    pub refused: i64,
    busiest: Option<(NaiveDate, i64)>,
}

/// One day; lengths in the chart's own units.
#[derive(Debug, Clone)]
pub struct Bar {
    pub x: i64,
    pub answers: (i64, i64),
    pub vectors: (i64, i64),
    pub web: (i64, i64),
    /// "14" at every fifth day.
    pub label: Option<String>,
}

const CHART_HEIGHT: i64 = 136;
const CHART_FOOT: i64 = 150;

impl Chart {
    pub fn first_day(now: DateTime<Utc>, zone: chrono_tz::Tz) -> NaiveDate {
        let today = now.with_timezone(&zone).date_naive();
        today.checked_sub_days(Days::new(CHART_DAYS - 1)).unwrap_or(today)
    }

    pub fn since(now: DateTime<Utc>, zone: chrono_tz::Tz) -> DateTime<Utc> {
        midnight(Chart::first_day(now, zone), zone)
    }

    pub fn new(first: NaiveDate, days: &[DayOfCalls]) -> Self {
        let mut by_day: BTreeMap<NaiveDate, (i64, i64, i64)> = BTreeMap::new();
        for day in days {
            let sums = by_day.entry(day.day).or_default();
            match day.share {
                Share::Answers => sums.0 += day.calls,
                Share::Vectors => sums.1 += day.calls,
                Share::Web => sums.2 += day.calls,
            }
        }
        let busiest = by_day.iter().map(|(day, (a, b, c))| (*day, a + b + c)).max_by_key(|(_, calls)| *calls);
        let top = scale(busiest.map(|(_, calls)| calls).unwrap_or_default());
        let length = |calls: i64| if calls == 0 { 0 } else { (calls * CHART_HEIGHT / top).max(2) };
        let bars = (0..CHART_DAYS).filter_map(|number| {
            let day = first.checked_add_days(Days::new(number))?;
            let (answers, vectors, web) = by_day.get(&day).copied().unwrap_or_default();
            let (answers, vectors, web) = (length(answers), length(vectors), length(web));
            let x = 44 + i64::try_from(number).ok()? * 28;
            Some(Bar {
                x,
                answers: (CHART_FOOT - answers, answers),
                vectors: (CHART_FOOT - answers - vectors, vectors),
                web: (CHART_FOOT - answers - vectors - web, web),
                label: (number % 5 == 4).then(|| day.format("%-d %b").to_string()),
            })
        });
        let rule = |part: i64| (CHART_FOOT - CHART_HEIGHT * part / 2, top * part / 2);
        let sum = |of: fn(&DayOfCalls) -> i64| days.iter().map(of).sum();
        Chart {
            bars: bars.collect(),
            rules: (0..=2).map(rule).collect(),
            calls: sum(|day| day.calls),
            tokens_in: sum(|day| day.tokens_in),
            tokens_out: sum(|day| day.tokens_out),
            refused: sum(|day| day.refused),
            busiest,
        }
    }

    /// The chart in a sentence.
    pub fn words(&self) -> String {
        match self.busiest {
            Some((day, calls)) if calls > 0 => {
                let (day, calls) = (day.format("%-d %B").to_string(), digits(calls));
                say_with("ai-chart-words", [("day", day.as_str()), ("calls", calls.as_str())])
            }
            _ => text("ai-chart-empty"),
        }
    }

    pub fn number(&self, number: &i64) -> String {
        digits(*number)
    }
}

/// The next even round number, so that half of it is whole.
fn scale(most: i64) -> i64 {
    let mut step = 10;
    while step * 10 < most {
        step *= 10;
    }
    (most.max(1) + step - 1) / step * step
}

/// One call, with the records the reader may see.
#[derive(Debug, Clone)]
pub struct CallLine {
    pub call: Call,
    pub records: Vec<Record>,
    /// More, or not to be seen.
    pub more: usize,
    /// Where the reader may read it, word for word.
    pub request: Option<String>,
    /// The project's key, where the reader may see it.
    pub project: Option<String>,
}

impl CallLine {
    pub fn of(call: Call, me: &Actor, seen: &BTreeMap<Uuid, Record>, kept: &BTreeSet<Uuid>) -> Self {
        let project = call.project_key(me);
        CallLine { project, ..CallLine::bare(call, seen, kept) }
    }

    fn bare(call: Call, seen: &BTreeMap<Uuid, Record>, kept: &BTreeSet<Uuid>) -> Self {
        let records: Vec<Record> =
            call.records.iter().filter_map(|id| seen.get(id)).take(RECORDS_NAMED).cloned().collect();
        let request = kept.contains(&call.id).then(|| request_path(call.id));
        CallLine { more: call.records.len() - records.len(), records, request, project: None, call }
    }
}

impl Call {
    pub fn is_failed(&self) -> bool {
        matches!(self.outcome, CallOutcome::Failed | CallOutcome::Cut)
    }

    /// Empty where the reader may not know.
    pub fn purpose_label(&self) -> String {
        if self.purpose.is_empty() {
            return String::new();
        }
        text(&format!("ai-purpose-{}", self.purpose.replace('_', "-")))
    }

    /// Message key of the outcome.
    pub fn outcome_label(&self) -> String {
        format!("ai-outcome-{}", self.outcome)
    }

    /// The reason in a few words; None where all went well.
    pub fn reason_label(&self) -> Option<String> {
        self.reason.as_deref().map(|reason| text(&format!("ai-reason-{}", reason.replace('_', "-"))))
    }

    pub fn outcome_icon(&self) -> &'static str {
        match self.outcome {
            CallOutcome::Open => "clock",
            CallOutcome::Done => "check",
            CallOutcome::Refused => "lock",
            CallOutcome::Cancelled => "stop",
            CallOutcome::Failed | CallOutcome::Cut | CallOutcome::Lost => "x",
        }
    }

    pub fn outcome_tone(&self) -> &'static str {
        match self.outcome {
            CallOutcome::Open => "blue",
            CallOutcome::Done => "green",
            CallOutcome::Refused => "amber",
            CallOutcome::Cancelled => "grey",
            CallOutcome::Failed | CallOutcome::Cut | CallOutcome::Lost => "red",
        }
    }

    /// "≈ 1,200" where nobody counted.
    pub fn tokens(&self, number: &i64) -> String {
        match *number {
            0 => "—".to_owned(),
            number if self.is_estimate => format!("≈ {}", digits(number)),
            number => digits(number),
        }
    }

    pub fn size(&self) -> String {
        let kib = |bytes: i64| format!("{}.{}", bytes / 1024, bytes % 1024 * 10 / 1024);
        if self.bytes_out < 1024 { format!("{} B", self.bytes_out) } else { format!("{} KiB", kib(self.bytes_out)) }
    }

    /// For samples and tests.
    pub fn sample() -> Call {
        Call {
            id: Uuid::nil(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            purpose: Purpose::ConnectionTest.to_string(),
            endpoint: Endpoint::Embeddings,
            host: "api.openai.com".to_owned(),
            model: "text-embedding-3-small".to_owned(),
            person_id: None,
            person: None,
            project_id: None,
            agent: Some("chief_of_staff".to_owned()),
            records: vec![Uuid::nil(); 3],
            attempt: 1,
            bytes_out: 11_300,
            bytes_in: 48_000,
            tokens_in: 2600,
            tokens_out: 0,
            is_estimate: false,
            hash: vec![0; 32],
            outcome: CallOutcome::Done,
            reason: None,
            status: None,
            code: None,
            milliseconds: Some(240),
        }
    }
}

pub fn purpose_choices(chosen: &str) -> Vec<Choice> {
    let label = |purpose: &Purpose| text(&format!("ai-purpose-{}", purpose.as_str().replace('_', "-")));
    Purpose::ALL.iter().map(|purpose| Choice::new(purpose, label(purpose), purpose.as_str() == chosen)).collect()
}

pub fn outcome_choices(chosen: &str) -> Vec<Choice> {
    let label = |outcome: &CallOutcome| text(&format!("ai-outcome-{outcome}"));
    CallOutcome::ALL.iter().map(|outcome| Choice::new(outcome, label(outcome), outcome.as_str() == chosen)).collect()
}

pub fn people_choices(offered: &Offered, person: Option<PersonId>, typed: &str) -> Chooser {
    offered.chooser(&[("", text("audit-anyone"))], &person.map_or(typed.to_owned(), |id| id.to_string()))
}

impl Ledger {
    pub fn sample() -> Self {
        let day = DateTime::<Utc>::UNIX_EPOCH.date_naive();
        let days = [
            DayOfCalls { day, share: Share::Answers, calls: 34, tokens_in: 90_000, tokens_out: 4000, refused: 1 },
            DayOfCalls { day, share: Share::Vectors, calls: 12, tokens_in: 30_000, tokens_out: 0, refused: 0 },
            DayOfCalls { day, share: Share::Web, calls: 5, tokens_in: 0, tokens_out: 0, refused: 0 },
        ];
        let refused = Call { outcome: CallOutcome::Refused, reason: Some("policy".to_owned()), ..Call::sample() };
        let calls = [Call::sample(), refused];
        Ledger {
            shell: Shell::sample("settings"),
            form: LedgerForm::default(),
            purposes: purpose_choices(""),
            outcomes: outcome_choices("refused"),
            people: Chooser::many(),
            chart: Chart::new(day, &days),
            lines: calls
                .into_iter()
                .map(|call| CallLine::bare(call, &BTreeMap::new(), &BTreeSet::from([Uuid::nil()])))
                .collect(),
            next: None,
            is_filtered: false,
            sees_all: true,
            can_export: true,
            problems: Problems::default(),
        }
    }
}

pub fn samples() -> Vec<Sample> {
    vec![sample("ai/calls", &Ledger::sample())]
}
