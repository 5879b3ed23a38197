//! The default workflow, types and priorities, with how each looks.

use crate::text_enum;

text_enum!(
    /// In the order of the board.
    Status {
        Backlog = "backlog", Todo = "todo", InProgress = "in_progress", Blocked = "blocked", InReview = "in_review",
        Done = "done", Canceled = "canceled",
    }
);

text_enum!(TicketKind { Task = "task", Bug = "bug", Story = "story", Epic = "epic", Subtask = "subtask" });

/// What a status means for progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    Todo,
    InProgress,
    Done,
}

impl Status {
    pub fn category(self) -> Category {
        match self {
            Status::Backlog | Status::Todo => Category::Todo,
            Status::InProgress | Status::Blocked | Status::InReview => Category::InProgress,
            Status::Done | Status::Canceled => Category::Done,
        }
    }

    pub fn is_done(self) -> bool {
        self.category() == Category::Done
    }

    pub fn tone(self) -> &'static str {
        match self {
            Status::Backlog | Status::Todo | Status::Canceled => "grey",
            Status::InProgress => "amber",
            Status::Blocked => "red",
            Status::InReview => "violet",
            Status::Done => "green",
        }
    }

    pub fn icon(self) -> String {
        format!("status-{self}")
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("status-{}", self.as_str().replace('_', "-"))
    }

    /// Also the words that other tools and people use.
    pub fn parse_alias(word: &str) -> Option<Status> {
        let word = word.trim().to_lowercase().replace([' ', '-'], "_");
        Status::parse(&word).or(match word.as_str() {
            "open" | "to_do" | "new" => Some(Status::Todo),
            "doing" | "started" => Some(Status::InProgress),
            "review" => Some(Status::InReview),
            "completed" | "closed" | "resolved" => Some(Status::Done),
            "cancelled" | "wont_do" | "won't_do" => Some(Status::Canceled),
            _ => None,
        })
    }
}

impl TicketKind {
    pub fn icon(self) -> &'static str {
        self.as_str()
    }

    pub fn label(self) -> String {
        format!("ticket-kind-{self}")
    }

    /// An epic holds stories, tasks and bugs; those hold subtasks.
    pub fn may_hold(self, child: TicketKind) -> bool {
        match (self, child) {
            (TicketKind::Epic, child) => matches!(child, TicketKind::Story | TicketKind::Task | TicketKind::Bug),
            (TicketKind::Subtask, _) => false,
            (_, child) => child == TicketKind::Subtask,
        }
    }
}

/// 1 urgent to 5 lowest.
pub const PRIORITIES: [i16; 5] = [1, 2, 3, 4, 5];
/// What a new ticket gets.
pub const DEFAULT_PRIORITY: i16 = 3;

/// Message key.
pub fn priority_label(priority: i16) -> String {
    format!("priority-{priority}")
}

/// `1` to `5`, or the words of other tools.
pub fn parse_priority(word: &str) -> Option<i16> {
    let word = word.trim().to_lowercase();
    match word.as_str() {
        "urgent" | "highest" | "critical" | "blocker" => Some(1),
        "high" | "major" => Some(2),
        "medium" | "normal" => Some(3),
        "low" | "minor" => Some(4),
        "lowest" | "trivial" => Some(5),
        _ => word.parse().ok().filter(|priority| PRIORITIES.contains(priority)),
    }
}
