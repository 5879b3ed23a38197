// Chat: [data-chat-stream] listens to an answer as it comes and shows it in its [data-chat-said]; at its end the turn is fetched whole
// (citations, cards, buttons). A connection that breaks is opened again by the browser and begins with all that was said. In
// [data-chat-form] Enter sends and Shift+Enter makes a line.
const open = new WeakSet();

const isAtEnd = () => window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 120;
const toEnd = () => window.scrollTo({ top: document.documentElement.scrollHeight });

// A server that restarts is back soon; a session that ended is not.
const TRIES = 8;
const pause = (tries) => new Promise((go) => setTimeout(go, Math.min(1000 * 2 ** tries, 30_000)));

const fetchPage = async () => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok) return new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer && answer.status < 500) return null;
    await pause(tries);
  }
  return null;
};

// What the person works at stays: a question being changed, a card being edited, and where the focus is.
const isOpen = (turn) => turn.querySelector("[name=edited]") || turn.contains(document.activeElement);

const finish = async (article) => {
  const page = await fetchPage();
  const fresh = page?.querySelector("#chat");
  if (!fresh) return giveUp(article);
  const follow = isAtEnd();
  for (const turn of fresh.querySelectorAll(".turn")) {
    const old = document.getElementById(turn.id);
    if (!old || (isOpen(old) && !old.contains(article))) continue;
    old.replaceWith(turn);
    window.htmx?.process(turn);
    // As htmx tells of what it swapped in: buttons that need a script, times, drafts.
    turn.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
  }
  // The question being written, its sources and files stay; what it follows is another turn now.
  for (const name of ["parent", "_once"]) {
    const [mine, next] = [document, page].map((root) => root.querySelector(`.composer [name=${name}]`));
    if (mine && next) mine.value = next.value;
  }
  const [send, may] = [document, page].map((root) => root.querySelector("[data-chat-send]"));
  if (send && may) send.disabled = may.disabled;
  const list = page.querySelector(".pane");
  if (list) document.querySelector(".pane")?.replaceWith(list);
  for (const part of ["h1", "[aria-current=page]"]) {
    const [old, next] = [document, page].map((root) => root.querySelector(part));
    if (old && next) old.textContent = next.textContent;
  }
  document.title = page.title;
  if (follow) toEnd();
};

// The way without a script is offered.
const giveUp = (article) => {
  for (const link of article.querySelectorAll("[data-without-script]")) link.hidden = false;
};

const listen = (article, tries = 0) => {
  if (!tries && open.has(article)) return;
  open.add(article);
  const said = article.querySelector("[data-chat-said]");
  const source = new EventSource(article.dataset.chatStream);
  source.addEventListener("said", (event) => {
    if (!article.isConnected) return source.close();
    tries = 0;
    const follow = isAtEnd();
    said.innerHTML = event.data;
    if (follow) toEnd();
  });
  source.addEventListener("end", () => {
    source.close();
    if (article.isConnected) finish(article);
  });
  // A connection that broke the browser opens again; one that was refused it does not.
  source.addEventListener("error", async () => {
    if (source.readyState !== EventSource.CLOSED || !article.isConnected) return;
    if (tries + 1 === TRIES) return finish(article);
    await pause(tries);
    if (article.isConnected) listen(article, tries + 1);
  });
};

const begin = (root) => {
  const all = root.querySelectorAll?.("[data-chat-stream]") ?? [];
  for (const article of all) listen(article);
  if (all.length) toEnd();
};

document.addEventListener("keydown", (event) => {
  const area = event.target;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
  const form = area.matches?.("[data-chat-form] textarea") ? area.form : null;
  if (!form || area.hasAttribute("aria-controls")) return;
  event.preventDefault();
  const send = form.querySelector("[data-chat-send]");
  if (area.value.trim() && !send.disabled) form.requestSubmit(send);
});

begin(document);
document.addEventListener("htmx:load", (event) => begin(event.target.parentElement ?? document));
