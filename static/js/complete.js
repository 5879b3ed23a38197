// Completion: a textarea or input with data-complete-url="/complete?project=APP" asks it for kind=doc after [[, kind=person after @, and
// kind=record after # or for ABC-1, with q; with data-tql it asks kind=tql and q is the text up to the caret. The answer is HTML
// options: <li class="menu-item" role="option" data-insert="text" [data-replace="n"]>; n characters before the caret are replaced
// (else what was typed since the trigger). data-text-suggestions on the field names the list.
const TRIGGERS = [
  ["doc", /\[\[([^\][\n]{0,60})$/],
  ["person", /(?:^|[\s(])@([\p{L}\d._-]{0,40})$/u],
  ["record", /(?:^|[\s(])#([\p{L}\d -]{0,40})$/u],
  ["record", /\b([A-Z][A-Z\d]{1,9}-\d{1,7})$/],
];
let field, popup, active, length, timer, request;
let number = 0;

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

// Where the caret is: the same text in a copy of the field with the same type and width
const caret = () => {
  const box = field.getBoundingClientRect();
  const style = getComputedStyle(field);
  const line = parseFloat(style.lineHeight);
  if (field.matches("input")) return { left: box.left, top: box.bottom + 4, line };
  const copy = document.createElement("div");
  for (const name of ["font", "padding", "border", "letter-spacing", "tab-size", "box-sizing"]) {
    copy.style.setProperty(name, style.getPropertyValue(name));
  }
  for (const [name, value] of [["position", "absolute"], ["visibility", "hidden"], ["width", `${field.clientWidth}px`], ["white-space", "pre-wrap"], ["overflow-wrap", "break-word"]]) copy.style.setProperty(name, value);
  const mark = document.createElement("span");
  mark.textContent = "\u200b";
  copy.append(field.value.slice(0, field.selectionStart - length), mark);
  document.body.append(copy);
  const [left, top] = [box.left + mark.offsetLeft, box.top + mark.offsetTop - field.scrollTop + line];
  copy.remove();
  return { left, top, line };
};

const place = () => {
  const { left, top, line } = caret();
  const { width, height } = popup.getBoundingClientRect();
  const fits = top + height < innerHeight;
  popup.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  popup.style.top = `${fits ? top : Math.max(8, top - height - line)}px`;
};

const show = (html) => {
  if (!popup) {
    popup = document.createElement("ul");
    popup.className = "menu-panel completion";
    popup.id = "completion";
    popup.popover = "manual";
    popup.setAttribute("role", "listbox");
    popup.setAttribute("aria-label", field.dataset.textSuggestions ?? document.body.dataset.textSuggestions);
    (field.closest("dialog") ?? document.body).append(popup);
    popup.showPopover();
  }
  popup.innerHTML = html;
  active = undefined;
  if (!options().length) return close();
  field.setAttribute("aria-controls", popup.id);
  if (field.matches("[role=combobox]")) field.setAttribute("aria-expanded", "true");
  choose(options()[0]);
  place();
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
  const end = field.selectionStart;
  const start = end - (Number(option.dataset.replace ?? length) || 0);
  const [target, text] = [field, option.dataset.insert];
  close();
  target.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) target.setRangeText(text, start, end, "end");
};

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-complete-url]")) return;
  if (field !== event.target) close();
  field = event.target;
  const before = field.value.slice(0, field.selectionStart);
  const tql = field.matches("[data-tql]");
  const found = tql ? ["tql"] : TRIGGERS.find(([, pattern]) => pattern.test(before));
  if (!found) return close();
  const q = tql ? before : before.match(found[1])[1];
  length = tql ? before.match(/[^\s(),"]*$/)[0].length : before.length - before.search(found[1]) - (/^[\s(]/.test(before.match(found[1])[0]) ? 1 : 0);
  clearTimeout(timer);
  timer = setTimeout(ask, 100, found[0], q);
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!popup || event.target !== field) return;
    const all = options();
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) choose(all[(all.indexOf(active) + by + all.length) % all.length]);
    else if (event.key === "Enter" && !event.isComposing) accept(active);
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
