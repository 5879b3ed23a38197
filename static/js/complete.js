// Completion: a textarea or input with data-complete-url="/complete?project=APP" asks it for kind=doc after [[, kind=person after @, and
// kind=record after # or for ABC-1, with q; with data-tql it asks kind=tql and q is the text up to the caret. The answer is HTML
// options: <li class="menu-item" role="option" data-insert="text" [data-replace="n"]>; n characters before the caret are replaced
// (else what was typed since the trigger). In TQL nothing is chosen before an arrow is pressed, so that Enter sends.
const TRIGGERS = [
  ["doc", /\[\[([^\][\n]{0,60})$/],
  ["person", /(?:^|[\s(])@([\p{L}\d._-]{0,40})$/u],
  ["record", /(?:^|[\s(])#((?:[\p{L}\d][\p{L}\d -]{0,40})?)$/u],
  ["record", /\b([A-Z][A-Z\d]{1,9}-\d{1,7})$/],
];
// A field with data-complete-kind holds nothing but one value of that kind: q is all of it, and what is chosen takes its place. Then
// the script offers instead of the browser's own list, a click or an arrow opens it, and the form of a filter is sent.
let field, popup, active, length, timer, request, accepting;
let number = 0;

const isWhole = () => field.matches("[data-complete-kind]");

const close = () => {
  request?.abort();
  clearTimeout(timer);
  popup?.remove();
  popup = active = undefined;
  field?.removeAttribute("aria-activedescendant");
  field?.removeAttribute("aria-controls");
  if (field?.matches("[role=combobox]")) field.setAttribute("aria-expanded", "false");
};

const options = () => [...popup.querySelectorAll("[role=option]")];

const choose = (option) => {
  active?.setAttribute("aria-selected", "false");
  active = option;
  option.id ||= `complete-option-${++number}`;
  option.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
};

const place = () => {
  const where = { at: field.selectionStart - length }; // caret.js fills in the rest
  field.dispatchEvent(new CustomEvent("tow:caret", { detail: where, bubbles: true }));
  const { left, top, line } = where;
  const { width, height } = popup.getBoundingClientRect();
  const fits = top + height < innerHeight;
  popup.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  popup.style.top = `${fits ? top : Math.max(8, top - height - line)}px`;
};

const show = (html) => {
  if (!popup) {
    popup = document.createElement("ul");
    const ariaLabel = document.body.dataset.textSuggestions;
    Object.assign(popup, { className: "menu-panel completion", id: "completion", popover: "manual", role: "listbox", ariaLabel });
    (field.closest("details, dialog, main") ?? document.body).append(popup);
    popup.showPopover();
  }
  popup.innerHTML = html;
  active = undefined;
  if (!options().length) return close();
  field.setAttribute("aria-controls", popup.id);
  if (field.matches("[role=combobox]")) field.setAttribute("aria-expanded", "true");
  place(); // before anything is scrolled into sight, which would move the page and close this
  if (!field.matches("[data-tql]") && field.value) choose(options()[0]);
};

const ask = async (kind, q) => {
  request?.abort();
  const mine = (request = new AbortController());
  const url = new URL(field.dataset.completeUrl, location.href);
  url.searchParams.set("kind", kind);
  url.searchParams.set("q", q);
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: mine.signal });
    if (answer.ok && mine === request) show(await answer.text());
  } catch {
    if (mine === request) close(); // a suggestion that does not come is no failure
  }
};

const accept = (option) => {
  const whole = isWhole();
  const end = whole ? field.value.length : field.selectionStart;
  const start = end - (Number(option.dataset.replace ?? length) || 0);
  const [target, text] = [field, option.dataset.insert];
  close();
  target.setSelectionRange(start, end);
  accepting = !target.matches("[data-tql]"); // a name that was chosen is not offered again; in TQL something follows
  if (!document.execCommand("insertText", false, text)) target.setRangeText(text, start, end, "end");
  accepting = false;
  if (whole && target.closest("form[data-auto]")) target.form.requestSubmit();
};

// The whole of it: typed after it was emptied, or asked for by hand.
const askWhole = (target) => {
  if (field !== target) close();
  field = target;
  length = field.value.length;
  clearTimeout(timer);
  timer = setTimeout(ask, 100, field.dataset.completeKind, field.value);
};

document.addEventListener("focusin", ({ target }) => {
  if (!target.matches("[data-complete-kind]:not([role])")) return;
  target.removeAttribute("list");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false" }))
    target.setAttribute(name, value);
});
document.addEventListener("click", ({ target }) => {
  if (!target.matches("[data-complete-kind]") || popup) return;
  target.select();
  if (!target.value) askWhole(target);
});

const askHere = (target) => {
  if (field !== target) close();
  field = target;
  const before = field.value.slice(0, field.selectionStart);
  const tql = field.matches("[data-tql]");
  const found = tql ? ["tql"] : TRIGGERS.find(([, pattern]) => pattern.test(before));
  if (!found) return close();
  const q = tql ? before : before.match(found[1])[1];
  length = before.match(tql ? /[^\s(),"]*$/ : found[1])[0].replace(/^[\s(]/, "").length;
  clearTimeout(timer);
  timer = setTimeout(ask, 100, found[0], q);
};
const askFor = (target) => (target.matches("[data-complete-kind]") ? askWhole(target) : askHere(target));

// Not for what a script writes: a draft that is restored, a name that was chosen.
document.addEventListener("input", ({ target }) => {
  if (!accepting && target === document.activeElement && target.matches("[data-complete-url]")) askFor(target);
});
document.addEventListener(
  "keydown",
  (event) => {
    const { key, target } = event;
    if (key === "ArrowDown" && target.matches("[data-complete-kind], [data-tql]") && !(popup && target === field)) {
      event.preventDefault();
      event.stopPropagation();
      return askFor(target);
    }
    if (!popup || event.target !== field) return;
    const all = options();
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = active ? all.indexOf(active) : Math.min(-by, 0);
    if (by) choose(all[(at + by + all.length) % all.length]);
    else if (event.key === "Enter" && active && !event.isComposing) accept(active);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
document.addEventListener("pointerdown", (event) => popup?.contains(event.target) && event.preventDefault());
document.addEventListener("click", (event) => {
  const option = popup?.contains(event.target) && event.target.closest("[role=option]");
  if (option) accept(option);
});
document.addEventListener("focusout", (event) => event.target === field && close());
document.addEventListener("scroll", (event) => popup && event.target !== popup && close(), true);
