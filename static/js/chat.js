// Chat: [data-chat-stream] listens to an answer as it comes and shows it in its [data-chat-said]; at its end the turn is fetched whole
// (citations, cards, buttons). A connection that breaks is opened again by the browser and begins with all that was said. In
// [data-chat-form] Enter sends and Shift+Enter makes a line.
const open = new WeakSet();

const isAtEnd = () => window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 120;
const toEnd = () => window.scrollTo({ top: document.documentElement.scrollHeight });

const finish = async (article) => {
  const follow = isAtEnd();
  const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const place = document.querySelector("#chat");
  const fresh = page.querySelector("#chat");
  if (!place || !fresh) return;
  // What is being typed stays.
  const typed = place.querySelector("#question");
  const next = fresh.querySelector("#question");
  const { value, selectionStart: from, selectionEnd: to } = typed ?? {};
  const had = document.activeElement === typed;
  if (typed && next) next.value = value;
  place.replaceWith(fresh);
  if (had) {
    fresh.querySelector("#question").focus({ preventScroll: true });
    fresh.querySelector("#question").setSelectionRange(from, to);
  }
  const list = page.querySelector(".pane");
  if (list) document.querySelector(".pane")?.replaceWith(list);
  document.title = page.title;
  window.htmx?.process(fresh);
  // As htmx tells of what it swapped in: buttons that need a script, times, drafts.
  fresh.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
  if (follow) toEnd();
};

const listen = (article) => {
  if (open.has(article)) return;
  open.add(article);
  const said = article.querySelector("[data-chat-said]");
  const source = new EventSource(article.dataset.chatStream);
  source.addEventListener("said", (event) => {
    if (!article.isConnected) return source.close();
    const follow = isAtEnd();
    said.innerHTML = event.data;
    if (follow) toEnd();
  });
  source.addEventListener("end", () => {
    source.close();
    if (article.isConnected) finish(article);
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
  if (area.value.trim()) form.requestSubmit(form.querySelector("[data-chat-send]"));
});

begin(document);
document.addEventListener("htmx:load", (event) => begin(event.target.parentElement ?? document));
