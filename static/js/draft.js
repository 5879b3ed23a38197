// Drafts: a form with data-draft="key" (the server puts person and record into the key) keeps its typed text on this device and, when
// it comes back without it, offers a quiet line to restore or discard. Gone after a successful send, after 30 days, and for all keys
// when a form with data-draft-forget (sign out) is sent. A hidden input with data-draft-base (the revision the text began from) is
// kept and restored with it, so that the server notices what others saved meanwhile. When an answer replaces the page's part around a form
// (a property was changed beside it), what is typed goes on in the form that takes its place.
const NAME = "tow-draft:";
const KEEP_MS = 30 * 24 * 3600 * 1000;
const INPUTS = "input[name]:is(:not([type]), [type=text], [type=search], [type=url], [type=email], [data-draft-base])";
const TEXTS = `textarea[name], ${INPUTS}`;
const words = document.body.dataset;
const timers = new WeakMap();

const fields = (form) => [...form.querySelectorAll(TEXTS)];
const isTyped = (field) => field.value !== field.defaultValue;
const isBase = (form, name) => form.elements[name].matches?.("[data-draft-base]");
// Only what was typed: what an address filled in may be another one when the text comes back.
const typed = (form) => {
  const kept = fields(form).filter((field) => isTyped(field) || field.matches("[data-draft-base]"));
  return Object.fromEntries(kept.map((field) => [field.name, field.value]));
};
const valueOf = (form, name) => fields(form).find((field) => field.name === name)?.value;
const read = (key) => JSON.parse(localStorage.getItem(NAME + key) ?? "null");
const forget = (key) => localStorage.removeItem(NAME + key);

const keep = (form) => {
  if (!fields(form).some(isTyped)) return forget(form.dataset.draft);
  localStorage.setItem(NAME + form.dataset.draft, JSON.stringify({ at: Date.now(), values: typed(form) }));
};

const button = (text, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button small quiet";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
};

const offer = (form, draft) => {
  const line = document.createElement("p");
  line.className = "cluster small quiet";
  line.setAttribute("role", "status");
  const time = new Date(draft.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const restore = () => {
    for (const field of fields(form)) {
      if (!(field.name in draft.values)) continue;
      field.value = draft.values[field.name];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    line.remove();
    fields(form)[0]?.focus();
  };
  const discard = () => {
    forget(form.dataset.draft);
    line.remove();
  };
  line.append(words.textDraftFound.replace("{time}", time));
  line.append(button(words.textDraftRestore, restore), button(words.textDraftDiscard, discard));
  form.prepend(line);
};

let carried = new Map();

const carry = ({ detail }) => {
  carried = new Map();
  const sent = detail.requestConfig?.elt.closest("form");
  for (const form of detail.target.querySelectorAll("form[data-draft]")) {
    if (form === sent || !fields(form).some(isTyped)) continue;
    keep(form);
    const at = document.activeElement;
    const focus = form.contains(at) && at.name && { name: at.name, from: at.selectionStart, to: at.selectionEnd };
    carried.set(form.dataset.draft, { values: typed(form), focus, seen: form.checkVisibility() });
  }
};

const goOn = (form, { values, focus, seen }) => {
  const place = seen && form.closest("[data-editable]");
  if (place) [place.querySelector("[data-edit-view]").hidden, form.hidden] = [true, false];
  for (const field of fields(form)) {
    if (!(field.name in values) || field.value === values[field.name]) continue;
    field.value = values[field.name];
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const field = focus && form.elements[focus.name];
  if (!field) return;
  field.focus();
  if (focus.from !== null) field.setSelectionRange?.(focus.from, focus.to);
};

const attach = (root) => {
  for (const form of root.querySelectorAll("form[data-draft]:not([data-draft-on])")) {
    form.dataset.draftOn = "";
    const mine = carried.get(form.dataset.draft);
    carried.delete(form.dataset.draft);
    if (mine) {
      goOn(form, mine);
      continue;
    }
    const draft = read(form.dataset.draft);
    const differs = ([name, value]) => ![undefined, value].includes(valueOf(form, name)) && !isBase(form, name);
    if (draft && Object.entries(draft.values).some(differs)) offer(form, draft);
  }
};

// A full-page send succeeded when the server redirected to a page inside the workspace.
const settle = () => {
  const key = sessionStorage.getItem(NAME);
  sessionStorage.removeItem(NAME);
  const [visit] = performance.getEntriesByType("navigation");
  if (key && visit?.redirectCount > 0 && !(visit.responseStatus >= 400) && document.querySelector(".shell")) forget(key);
};

const tidy = () => {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(NAME) && !(Date.now() - read(name.slice(NAME.length))?.at < KEEP_MS)) localStorage.removeItem(name);
  }
};

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (!form) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(keep, 400, form));
});
document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-draft-forget]")) {
    for (const name of Object.keys(localStorage)) if (name.startsWith(NAME)) localStorage.removeItem(name);
  }
  if (!target.matches("[data-draft]")) return;
  clearTimeout(timers.get(target));
  keep(target);
  sessionStorage.setItem(NAME, target.dataset.draft);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.successful && event.detail.requestConfig.elt.closest("form[data-draft]");
  if (!form || event.detail.requestConfig.verb === "get") return;
  clearTimeout(timers.get(form));
  sessionStorage.removeItem(NAME);
  forget(form.dataset.draft);
});
document.addEventListener("htmx:beforeSwap", carry);
settle();
tidy();
attach(document);
document.addEventListener("htmx:load", (event) => attach(event.target.parentElement ?? document));
