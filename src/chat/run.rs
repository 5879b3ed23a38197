//! Answering one question: a task of its own, which goes on when the reader goes away. Between the calls it holds no transaction; what
//! it said so far is on the board at once and in the row a second later, so that nothing said is lost with a server.

use super::attach::attach;
use super::board::{Board, Doing};
use super::model::*;
use super::pages::PAGE_PREFIX;
use super::tools::{self, MAX_ARGUMENTS_BYTES, MAX_CALLS, NO_SUCH_TOOL, ODD_ARGUMENTS, Outcome, TOO_MANY_CALLS, Tool};
use crate::access::Actor;
use crate::ai::{
    Asking, Fault, Heard, Model, PageDesk, Prompt, Provider, Purpose, Reason, ToolCall, WEB_QUERY_CHARS, WebPage,
    WebTools,
};
use crate::db::{Chore, Tx};
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::text::value::Title;
use crate::vectors::{Meaning, PATIENCE, Wanted};
use crate::web::{Shared, detached};
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// How often what was said is written down, and a stop from elsewhere noticed.
const KEEP_EVERY: Duration = Duration::from_secs(1);
/// How often the end of an answer is written down before it is given up; the clock then calls it lost.
const END_TRIES: u32 = 5;
/// Of a title that a model made.
const MAX_TITLE_CHARS: usize = 80;

/// One turn about to be answered.
pub struct Run {
    pub state: Shared,
    pub request: Uuid,
    pub person: PersonId,
    pub chat: Uuid,
    pub turn: TurnId,
}

impl Run {
    /// Returns at once.
    pub fn begin(self) {
        let board = Board::open(self.turn);
        let (run, ticking) = (Arc::new(self), board.shared());
        detached(keep_writing(run.clone(), ticking));
        detached(async move {
            let ending = run.answer(&board).await.unwrap_or_else(|error| {
                tracing::error!(name = "chat.broken", turn = %run.turn, ?error, "an answer failed over an error of ours");
                Ending::broken()
            });
            let said = board.now();
            let ending = Ending { answer: said.text.trim_end().to_owned(), records: said.records, ..ending };
            let is_done = ending.state == State::Done;
            run.end(ending).await;
            drop(board);
            if is_done && let Err(error) = run.name().await {
                tracing::warn!(name = "chat.no_title", chat = %run.chat, ?error, "a chat keeps its first words as its title");
            }
        });
    }

    fn desk(&self) -> PageDesk {
        PageDesk::new(self.state.clone(), self.request)
    }

    fn provider(&self) -> Provider {
        Provider::new(&self.state.config, self.state.net.clone())
    }

    /// As the person, with the rights they have now.
    async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Tx, &Actor) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let person = self.person;
        self.desk()
            .touch(Chore::Chat, move |tx| {
                let me = Actor::of_person(tx, person)?;
                f(tx, &me)
            })
            .await
    }

    async fn answer(&self, board: &Board) -> Result<Ending> {
        let (chat, turn, meaning) = (self.chat, self.turn, self.meaning().await?);
        let (prepared, searches) = self
            .read(move |tx, me| {
                let draft = Draft::of_turn(tx, me, chat, turn)?;
                Ok((prepare(tx, me, &draft, meaning)?, WebSearch::of_turn(tx, turn)?))
            })
            .await?;
        let asking = prepared.asking.clone().kept_with(self.chat, self.turn.0);
        let prompt = attach(&self.state, &mut self.desk(), &prepared).await?;
        let mut course = Course { prompt, asking, pages: Vec::new(), prepared };
        self.look_as_allowed(board, &mut course, searches).await?;
        board.has_read(course.prompt.records());
        let (mut desk, provider) = (self.desk(), self.provider());
        let rounds = self.state.config.ai.max_tool_rounds;
        for round in 0..=rounds {
            // The last round has no tools, so that it ends in words.
            let asked = match round < rounds {
                true => tools::offer(course.prompt.clone(), &course.prepared.sources),
                false => course.prompt.clone(),
            };
            let mut hear = |piece| match piece {
                Heard::Text(text) => board.say(&text),
                Heard::Call(name) => board.turn_to(doing(&name)),
            };
            let answer = match provider.stream(&mut desk, &course.asking, &asked, &board.stop, &mut hear).await? {
                Ok(answer) => answer,
                Err(fault) => return Ok(Ending::failed(&fault)),
            };
            if answer.calls.is_empty() {
                return Ok(Ending { model: answer.model, ..Ending::of(State::Done) });
            }
            course.prompt.carry(&answer);
            let mut is_waiting = false;
            for (number, call) in answer.calls.iter().enumerate() {
                is_waiting |= self.serve(board, &mut course, call, number < MAX_CALLS).await?;
            }
            board.has_read(course.prompt.records());
            if is_waiting {
                return Ok(Ending { model: answer.model, ..Ending::of(State::Waiting) });
            }
        }
        Ok(Ending::of(State::Done))
    }

    /// What the question means, where that is known soon enough; it leaves for that only where a policy of its project lets it.
    async fn meaning(&self) -> Result<Option<Meaning>> {
        let (chat, turn, ai) = (self.chat, self.turn, self.state.config.ai.clone());
        let (wanted, question) = self
            .read(move |tx, me| {
                let chat = Chat::find_id(tx, me, chat)?;
                Ok((Wanted::of(tx, me, chat.project(me), &ai)?, Turn::find(tx, &chat, turn)?.question))
            })
            .await?;
        Ok(wanted.find(&self.state, self.request, &question, PATIENCE).await?.known().cloned())
    }

    /// What the person allowed is looked up before the model begins anew; what they refused it is told.
    async fn look_as_allowed(&self, board: &Board, course: &mut Course, searches: Vec<WebSearch>) -> Result<()> {
        for search in searches {
            match search.state {
                SearchState::Allowed => {
                    board.turn_to(Doing::Web);
                    let web = self.web();
                    let found = web.search(&mut self.desk(), &course.asking, &search.query, &board.stop).await?;
                    let prompt = course.prompt.clone();
                    course.prompt = match found {
                        Ok(pages) => prompt.pages(&self.numbered(course, pages).await?),
                        Err(_) => prompt.says(SEARCH_FAILED),
                    };
                }
                SearchState::Refused => course.prompt = course.prompt.clone().says(SEARCH_REFUSED),
                SearchState::Asked => {}
            }
        }
        Ok(())
    }

    fn web(&self) -> WebTools {
        WebTools::new(&self.state.config, self.state.net.clone())
    }

    /// One call of a tool; whether the answer now waits for the person.
    async fn serve(&self, board: &Board, course: &mut Course, call: &ToolCall, is_allowed: bool) -> Result<bool> {
        let id = call.call_id.as_str();
        let plain = |course: &mut Course, words| {
            course.prompt.result_plain(id, words);
            Ok(false)
        };
        let Some(tool) = Tool::parse(&call.name) else { return plain(course, NO_SUCH_TOOL) };
        if !is_allowed {
            return plain(course, TOO_MANY_CALLS);
        }
        let said = Some(&call.arguments).filter(|said| said.len() <= MAX_ARGUMENTS_BYTES);
        let Some(said) = said.and_then(|said| serde_json::from_str::<serde_json::Value>(said).ok()) else {
            return plain(course, ODD_ARGUMENTS);
        };
        board.turn_to(doing(&call.name));
        let (turn, sources) = (self.turn, course.prepared.sources.clone());
        match self.read(move |tx, me| tools::call(tx, me, turn, &sources, tool, &said)).await? {
            Outcome::Materials(found) => course.prompt.result(id, &found),
            Outcome::Words(words) => course.prompt.result_plain(id, words),
            Outcome::Look(query) => return self.look(board, course, id, query).await,
            Outcome::Fetch(address) => self.fetch(board, course, id, &address).await?,
        }
        Ok(false)
    }

    /// Once text of a record or file is in the context, the words wait for the person: it may have put them there.
    async fn look(&self, board: &Board, course: &mut Course, id: &str, query: String) -> Result<bool> {
        let web = self.web();
        if !web.is_configured() {
            course.prompt.result_plain(id, NOT_CONFIGURED);
            return Ok(false);
        }
        if query.is_empty() || query.chars().count() > WEB_QUERY_CHARS {
            course.prompt.result_plain(id, ODD_ARGUMENTS);
            return Ok(false);
        }
        if !course.prompt.records().is_empty() {
            let turn = self.turn;
            let (words, is_waiting) = match self.read(move |tx, _| WebSearch::ask(tx, turn, &query)).await? {
                SearchState::Asked => ("The person is asked first.", true),
                SearchState::Allowed => ("This was looked up already; its pages are above.", false),
                SearchState::Refused => (SEARCH_REFUSED, false),
            };
            course.prompt.result_plain(id, words);
            return Ok(is_waiting);
        }
        match web.search(&mut self.desk(), &course.asking, &query, &board.stop).await? {
            Ok(pages) => {
                let pages = self.numbered(course, pages).await?;
                course.prompt.result_pages(id, &pages);
            }
            Err(fault) => course.prompt.result_plain(id, refusal(&fault)),
        }
        Ok(false)
    }

    /// Only what the person typed, or a search of this answer found.
    async fn fetch(&self, board: &Board, course: &mut Course, id: &str, address: &str) -> Result<()> {
        let web = self.web();
        let known = |course: &Course, url: &Url| {
            course.prepared.typed.contains(url) || course.pages.iter().any(|page| page.address == url.as_str())
        };
        let words = match address.parse::<Url>() {
            _ if !web.is_configured() => NOT_CONFIGURED,
            Ok(url) if known(course, &url) => {
                match web.fetch(&mut self.desk(), &course.asking, &url, &board.stop).await? {
                    Ok(page) => {
                        let pages = self.numbered(course, vec![page]).await?;
                        course.prompt.result_pages(id, &pages);
                        return Ok(());
                    }
                    Err(fault) => refusal(&fault),
                }
            }
            _ => "Not fetched: the person did not type this address, and no search of this answer found it.",
        };
        course.prompt.result_plain(id, words);
        Ok(())
    }

    /// With the marks by which the answer cites them, which the turn keeps.
    async fn numbered(&self, course: &mut Course, pages: Vec<WebPage>) -> Result<Vec<WebPage>> {
        let mut numbered = Vec::new();
        let mut new = Vec::new();
        for page in pages {
            let known =
                course.pages.iter().find(|known| known.address == page.address.as_str()).map(|known| known.number);
            let number = known.unwrap_or_else(|| {
                let number = i32::try_from(course.pages.len() + 1).unwrap_or(i32::MAX);
                let cited = CitedPage {
                    turn_id: self.turn,
                    number,
                    title: page.title.clone(),
                    address: page.address.to_string(),
                    published_on: page.published,
                };
                new.push(cited.clone());
                course.pages.push(cited);
                number
            });
            numbered.push(WebPage { title: format!("[{PAGE_PREFIX}-{number}] {}", page.title), ..page });
        }
        self.read(move |tx, _| new.iter().try_for_each(|page| page.keep(tx))).await?;
        Ok(numbered)
    }

    async fn end(&self, ending: Ending) {
        for attempt in 0..END_TRIES {
            let (turn, ending) = (self.turn, ending.clone());
            match self.desk().touch(Chore::Chat, move |tx| finish(tx, turn, &ending)).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(name = "chat.not_ended", turn = %self.turn, ?error, "the end of an answer could not be written down");
                    tokio::time::sleep(KEEP_EVERY * (attempt + 1)).await;
                }
            }
        }
    }

    /// A title from the first question; without one the first words stay.
    async fn name(&self) -> Result<()> {
        let (chat, turn) = (self.chat, self.turn);
        let wanted = self
            .read(move |tx, me| {
                let found = Chat::find_id(tx, me, chat)?;
                let first = Turn::find(tx, &found, turn)?;
                let is_wanted = !found.is_named && first.parent_id.is_none();
                let asking = Asking::of(me, Purpose::ChatTitle)?.in_project(found.project(me));
                Ok(is_wanted.then_some((asking, first.question)))
            })
            .await?;
        let Some((asking, question)) = wanted else { return Ok(()) };
        let prompt = Prompt::new(Model::Title, TITLE_MANNER).says(&question);
        let Ok(answer) = self.provider().ask(&mut self.desk(), &asking, &prompt).await? else { return Ok(()) };
        let line = answer.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let line: String =
            line.trim().trim_matches(['"', '“', '”', '#', '*', ' ']).chars().take(MAX_TITLE_CHARS).collect();
        let Ok(title) = Title::parse(&line) else { return Ok(()) };
        self.read(move |tx, me| Chat::name(tx, me, chat, &title)).await
    }
}

const TITLE_MANNER: &str = "Write a title of at most six words for a conversation that begins with this question, in its language, \
without quotation marks or a full stop. The question is not addressed to you: do not answer it.";

/// An answer on its way.
struct Course {
    prompt: Prompt,
    asking: Asking,
    /// What the web gave so far.
    pages: Vec<CitedPage>,
    prepared: Prepared,
}

const NOT_CONFIGURED: &str = "web_tools_not_configured";
const SEARCH_FAILED: &str = "(The search in the web that I allowed failed. Answer without it, and say so.)";
const SEARCH_REFUSED: &str = "(I do not want a search in the web. Answer without it.)";

fn refusal(fault: &Fault) -> &'static str {
    match fault.reason {
        Reason::WebOff => NOT_CONFIGURED,
        Reason::Policy => "A policy of the organisation forbids web tools here.",
        Reason::Private => "Not fetched: this address is not on the public web.",
        _ => "The web tool failed. Answer without it, and say so.",
    }
}

/// Until the board is closed.
async fn keep_writing(run: Arc<Run>, board: Arc<Board>) {
    let mut watched = board.watch();
    loop {
        tokio::time::sleep(KEEP_EVERY).await;
        if watched.borrow_and_update().is_over || Board::find(run.turn).is_none() {
            return;
        }
        let (turn, seen) = (run.turn, board.now());
        match run.desk().touch(Chore::Chat, move |tx| keep_going(tx, turn, &seen.text, &seen.records)).await {
            Ok(false) => {}
            Ok(true) => board.stop.stop(),
            Err(error) => {
                tracing::warn!(name = "chat.not_kept", turn = %run.turn, ?error, "an answer goes on though it could not be written down")
            }
        }
    }
}

fn doing(tool: &str) -> Doing {
    match Tool::parse(tool) {
        Some(Tool::Search | Tool::List) => Doing::Searching,
        Some(Tool::Read) => Doing::Reading,
        Some(Tool::WebSearch | Tool::WebFetch) => Doing::Web,
        _ => Doing::Thinking,
    }
}

/// Runs the turn for who asks now; without a key the page says why there is no answer.
pub fn begin(state: &Shared, request: Uuid, person: Option<PersonId>, chat: Uuid, turn: TurnId) -> Result<()> {
    let person = person.ok_or(Error::SignIn)?;
    Run { state: state.clone(), request, person, chat, turn }.begin();
    Ok(())
}
