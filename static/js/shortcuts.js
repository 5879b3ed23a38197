// Keys: data-shortcut="c", "g t", "/" or "?" on a link, button or field; its name is data-shortcut-label, aria-label or text. Other
// modules hear single keys as the cancelable event tow:key on document. <body data-shortcuts="off"> silences all of them.
// A dialog may hold <dl data-shortcut-list>: the page's shortcuts are written before what the server put there.
let prefix = "";
let timer;

const bearers = () =>
  [...document.querySelectorAll("[data-shortcut]")].filter((one) => !one.disabled && !one.closest("[hidden], template"));
const bearer = (keys) => bearers().find((one) => one.dataset.shortcut === keys);

const isTyping = (target) =>
  target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

const use = (element) => {
  if (!element.matches("input, textarea, select")) return element.click();
  element.focus();
  element.select?.();
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key.length > 1 && !["Enter", "Escape"].includes(event.key)) return;
  if (document.body.dataset.shortcuts === "off" || isTyping(event.target)) return;
  if (document.querySelector("dialog:modal, details.menu[open], :popover-open")) return;

  const keys = prefix + event.key;
  const begins = !prefix && event.key !== "Enter" && bearers().some((one) => one.dataset.shortcut.startsWith(event.key + " "));
  clearTimeout(timer);
  if (begins) {
    prefix = event.key + " ";
    timer = setTimeout(() => (prefix = ""), 1200);
    return;
  }
  const single = !prefix;
  prefix = "";
  const heard = new CustomEvent("tow:key", { detail: { key: event.key, shift: event.shiftKey }, cancelable: true });
  if (single && !document.dispatchEvent(heard)) return event.preventDefault();
  const element = bearer(keys);
  if (!element) return;
  event.preventDefault();
  use(element);
});

const label = (element) => {
  const given = element.dataset.shortcutLabel ?? element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent;
  if (given) return given.trim();
  const copy = element.cloneNode(true);
  for (const extra of copy.querySelectorAll("kbd, .count, svg")) extra.remove();
  return copy.textContent.trim();
};

const line = (element) => {
  const made = document.createElement("div");
  const words = document.createElement("dt");
  const value = document.createElement("dd");
  for (const key of element.dataset.shortcut.split(" ")) {
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    value.append(kbd, " ");
  }
  words.textContent = label(element);
  made.className = "line";
  value.className = "push";
  made.dataset.made = "";
  made.append(words, value);
  return made;
};

document.addEventListener("tow:dialog", (event) => {
  const list = event.target.querySelector("[data-shortcut-list]");
  if (!list) return;
  for (const old of list.querySelectorAll("[data-made]")) old.remove();
  const once = new Map(bearers().reverse().map((one) => [one.dataset.shortcut, one]));
  list.prepend(...[...once.values()].reverse().map(line));
});
