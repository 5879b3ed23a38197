//! Work after the request: jobs in a table, enqueued on the caller's own transaction, run by a few threads that lease them; and
//! the schedule, one table of the clock; and the instances, which look after each other. A job may run twice (its worker died after the work): it must do no harm then.

mod instance;
mod job;
mod model;
mod model_instances;
mod model_overview;
mod runner;
mod schedule;
mod work;

pub use instance::*;
pub use job::*;
pub use model::*;
pub use model_instances::*;
pub use model_overview::*;
pub use runner::*;
pub use schedule::*;
pub use work::*;
