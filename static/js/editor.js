// Markdown editor: before each textarea[data-editor] a copy of <template id="editor-toolbar"> is put: a role="toolbar" of buttons
// data-md="bold|italic|heading|list|numbers|tasks|code|quote|link|table|attach" (attach: upload.js). Ctrl/Cmd-B, I and K mark, Ctrl/
// Cmd-Enter sends (from the other fields of its form, too), Enter goes on with a list; Tab leaves the field as everywhere.
// data-text-placeholder on a button is what stands between the marks when nothing is selected.
const WRAP = { bold: ["**", "**"], italic: ["_", "_"], code: ["`", "`"], link: ["[", "](https://)"] };
const LEAD = { heading: "## ", list: "- ", numbers: "1. ", tasks: "- [ ] ", quote: "> " };
const TABLE = "\n|  |  |\n|---|---|\n|  |  |\n";
const KEYS = { b: "bold", i: "italic", k: "link" };

const write = (area, from, to, text, start, end) => {
  area.focus();
  area.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, from, to, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.setSelectionRange(start, end);
};

const wrap = (area, [before, after], placeholder) => {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const inside = value.slice(from, to) || placeholder;
  const outer = [from - before.length, to + after.length];
  if (outer[0] >= 0 && value.slice(outer[0], from) === before && value.slice(to, outer[1]) === after) {
    return write(area, outer[0], outer[1], value.slice(from, to), outer[0], outer[0] + to - from);
  }
  const start = from + before.length;
  if (after.length > 2 && inside) {
    const url = start + inside.length + 2; // a link: the address comes next
    return write(area, from, to, before + inside + after, url, url + after.length - 3);
  }
  write(area, from, to, before + inside + after, start, start + inside.length);
};

const lead = (area, mark) => {
  const from = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const end = area.value.indexOf("\n", area.selectionEnd);
  const to = end < 0 ? area.value.length : end;
  const lines = area.value.slice(from, to).split("\n");
  const all = lines.every((line) => line.startsWith(mark));
  const text = lines.map((line) => (all ? line.slice(mark.length) : mark + line)).join("\n");
  write(area, from, to, text, lines.length > 1 ? from : from + text.length, from + text.length);
};

const apply = (area, kind, placeholder = "") => {
  const { selectionStart: from, selectionEnd: to } = area;
  if (WRAP[kind]) wrap(area, WRAP[kind], placeholder);
  else if (LEAD[kind]) lead(area, LEAD[kind]);
  else if (kind === "table") write(area, from, to, TABLE, from + 3, from + 3);
};

// Enter in a list begins the next item; in an empty item it ends the list
const goOn = (area) => {
  const { selectionStart: at, selectionEnd, value } = area;
  const from = value.lastIndexOf("\n", at - 1) + 1;
  const item = at === selectionEnd && value.slice(from, at).match(/^(\s*)(?:([-*+] (?:\[[ xX]\] )?)|(\d+)\. )(.*)$/);
  if (!item) return false;
  const [, indent, bullet, figure, text] = item;
  if (!text) return write(area, from, at, "", from, from) ?? true;
  const next = `\n${indent}${bullet ? bullet.replace(/\[[xX]\]/, "[ ]") : `${Number(figure) + 1}. `}`;
  return write(area, at, at, next, at + next.length, at + next.length) ?? true;
};

const rove = (bar, button) => {
  for (const one of bar.querySelectorAll("[data-md]")) one.tabIndex = one === button ? 0 : -1;
};

const attach = (root) => {
  for (const area of root.querySelectorAll("textarea[data-editor]:not([data-editor=on])")) {
    area.dataset.editor = "on";
    const bar = document.getElementById("editor-toolbar")?.content.firstElementChild.cloneNode(true);
    if (!bar) continue;
    if (!area.dataset.uploadUrl) bar.querySelector("[data-md=attach]")?.remove();
    bar.setAttribute("aria-controls", area.id);
    rove(bar, bar.querySelector("[data-md]"));
    area.before(bar);
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[role=toolbar] [data-md]");
  const area = button && document.getElementById(button.closest("[role=toolbar]").getAttribute("aria-controls"));
  if (!area) return;
  rove(button.closest("[role=toolbar]"), button);
  apply(area, button.dataset.md, button.dataset.textPlaceholder);
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const bar = event.target.closest?.("[role=toolbar]:has([data-md])");
  const by = bar && { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (by) {
    const all = [...bar.querySelectorAll("[data-md]")];
    const next = all[(all.indexOf(event.target) + by + all.length) % all.length];
    rove(bar, next);
    next.focus();
    return event.preventDefault();
  }
  const chord = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (chord && event.key === "Enter" && event.target.matches("form[data-draft] :is(input, select)")) {
    event.target.form.requestSubmit();
    return event.preventDefault();
  }
  if (!event.target.matches("textarea[data-editor]")) return;
  const kind = chord && KEYS[event.key.toLowerCase()];
  if (kind) apply(event.target, kind);
  else if (chord && event.key === "Enter") event.target.form?.requestSubmit();
  else if (event.key !== "Enter" || chord || event.shiftKey || event.altKey || !goOn(event.target)) return;
  event.preventDefault();
});

attach(document);
document.addEventListener("htmx:load", (event) => attach(event.target.parentElement ?? document));
