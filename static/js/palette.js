// Command palette: Ctrl/Cmd-K or a [data-palette-open] link to /search. <template id="palette-template"> holds <dialog class="palette"
// data-url="/palette?project=APP"> with an input[role=combobox] and a [role=listbox]; in it [data-palette-results] takes the options
// the server answers for q, [data-command] options stand still, are filtered here, and press what the selector in data-command
// names (empty: a plain link); one that begins with what is typed stands before any record and is chosen. A group with
// data-if="selector" shows only when that exists. [data-palette-empty] says "nothing found".
let dialog, input, list, order, results, empty, active, timer, request, waiting;
const CHOSEN_FROM = 3; // letters
let number = 0;

const options = () => [...list.querySelectorAll("[role=option]")].filter((option) => !option.closest("[hidden], [data-stale]"));
const isStale = () => "stale" in results.dataset;

const choose = (option) => {
  active?.setAttribute("aria-selected", "false");
  active = option;
  if (!option) return input.removeAttribute("aria-activedescendant");
  option.id ||= `palette-option-${++number}`;
  option.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
};

const settle = () => {
  const words = input.value.trim().toLowerCase();
  const begins = (option) => "command" in option.dataset && option.textContent.trim().toLowerCase().startsWith(words);
  const meant = words.length >= CHOSEN_FROM ? options().find(begins) : undefined;
  const first = meant?.closest("[role=group]") ?? results; // what is chosen stands first
  if (list.firstElementChild !== first) list.append(first, ...order.filter((part) => part !== first));
  const all = options();
  for (const option of all) option.tabIndex = -1;
  if (!all.includes(active)) choose(meant ?? all[0]);
  if (empty) empty.hidden = all.length > 0 || isStale();
};

const filter = () => {
  const words = input.value.trim().toLowerCase().split(/\s+/);
  for (const command of list.querySelectorAll("[data-command]")) {
    const text = command.textContent.toLowerCase();
    const target = command.dataset.command;
    command.hidden = !words.every((word) => text.includes(word)) || (target !== "" && !document.querySelector(target));
  }
  for (const group of list.querySelectorAll("[role=group]")) {
    if (group.closest("[data-palette-results]")) continue;
    const fits = !group.dataset.if || document.querySelector(group.dataset.if);
    group.hidden = !fits || !group.querySelector("[role=option]:not([hidden])");
  }
  settle();
};

const failed = (detail) => {
  results.replaceChildren();
  delete results.dataset.stale;
  waiting = undefined;
  document.dispatchEvent(new CustomEvent("tow:failed", { detail }));
};

const ask = async () => {
  request?.abort();
  const mine = (request = new AbortController());
  const url = new URL(dialog.dataset.url, location.href);
  url.searchParams.set("q", input.value);
  list.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: mine.signal });
    const body = await answer.text();
    if (mine !== request) return;
    if (!answer.ok) return failed({ status: answer.status, body });
    results.innerHTML = body;
    delete results.dataset.stale;
    choose(undefined);
    settle();
    if (waiting && active) follow(active, waiting);
    waiting = undefined;
  } catch (error) {
    if (error.name !== "AbortError") failed({ status: 0 });
  } finally {
    if (mine === request) list.removeAttribute("aria-busy");
  }
};

const follow = (option, event) => {
  const command = option.dataset.command;
  dialog.close();
  if (command) document.querySelector(command)?.click();
  else option.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: event.ctrlKey, metaKey: event.metaKey }));
};

const build = () => {
  dialog = document.getElementById("palette-template").content.cloneNode(true).querySelector("dialog");
  [input, list] = [dialog.querySelector("input"), dialog.querySelector("[role=listbox]")];
  order = [...list.children];
  [results, empty] = [list.querySelector("[data-palette-results]"), dialog.querySelector("[data-palette-empty]")];
  document.body.append(dialog);
  input.addEventListener("input", () => {
    // What is shown below belongs to the text before; Enter waits for the answer to this one.
    results.dataset.stale = "";
    waiting = undefined;
    filter();
    clearTimeout(timer);
    timer = setTimeout(ask, 80);
  });
  dialog.addEventListener("keydown", (event) => {
    const all = options();
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && all.length) choose(all[(all.indexOf(active) + by + all.length) % all.length]);
    else if (event.key === "Enter" && event.target === input && isStale()) waiting = event;
    else if (event.key === "Enter" && event.target === input && active) follow(active, event);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== active) choose(option);
  });
  dialog.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (event.target === dialog) dialog.close();
    else if (option?.dataset.command) follow(option, event);
    else if (option && !event.ctrlKey && !event.metaKey) dialog.close();
  });
};

const open = (event) => {
  if (!document.getElementById("palette-template")) return;
  event.preventDefault();
  if (!dialog?.isConnected) build();
  if (dialog.open) return dialog.close();
  dialog.showModal();
  input.select();
  choose(undefined);
  filter();
  ask();
};

document.addEventListener("keydown", (event) => {
  const chord = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (!event.defaultPrevented && chord && event.key.toLowerCase() === "k") open(event);
});
document.addEventListener("click", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (plain && event.target.closest("[data-palette-open]")) open(event);
});
