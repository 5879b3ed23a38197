// Lists: data-rows round one or more .rows. j and k move data-state="cursor", Enter opens, x selects, e follows [data-edit] in the
// row, Escape clears. A click with Shift on a .row-check selects the range. [data-select-all] ticks every row. The number of ticked
// rows is written into [data-count] inside the same data-rows.
let lastTicked;
let remembered;

const lists = () => [...document.querySelectorAll("[data-rows]")].filter((list) => list.checkVisibility());
const rowsOf = (list) => [...list.querySelectorAll(".row")].filter((row) => row.checkVisibility());
const boxOf = (row) => row.querySelector(".row-check input");
const linkOf = (row) => row.querySelector(".row-title a, .note-body a, a");
const cursor = () => document.querySelector('[data-rows] .row[data-state="cursor"]');

const mark = (row) => {
  for (const old of document.querySelectorAll('[data-rows] .row[data-state="cursor"]')) delete old.dataset.state;
  row.dataset.state = "cursor";
  remembered = row.id;
};

const step = (by) => {
  const all = lists().flatMap(rowsOf);
  const row = all[Math.min(Math.max(all.indexOf(cursor()) + by, 0), all.length - 1)];
  if (!row) return false;
  mark(row);
  linkOf(row)?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  return true;
};

const count = (list) => {
  const ticked = list.querySelectorAll(".row-check :checked").length;
  for (const place of list.querySelectorAll("[data-count]")) place.textContent = ticked;
  const all = list.querySelector("[data-select-all]");
  if (!all) return;
  const total = list.querySelectorAll(".row-check input").length;
  all.checked = ticked > 0 && ticked === total;
  all.indeterminate = ticked > 0 && ticked < total;
};

const tick = (boxes, on) => {
  for (const box of boxes) box.checked = on;
  boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
};

const clear = () => {
  const ticked = lists().flatMap((list) => [...list.querySelectorAll(".row-check :checked")]);
  tick(ticked, false);
  return ticked.length > 0;
};

const click = (element) => {
  element?.click();
  return !!element;
};

const acts = {
  j: () => step(1),
  k: () => step(-1),
  x: () => click(cursor() && boxOf(cursor())),
  e: () => click(cursor()?.querySelector("[data-edit]")),
  Escape: clear,
};

document.addEventListener("tow:key", (event) => {
  const { key } = event.detail;
  if (key === "Enter" && document.activeElement === document.body && cursor()) {
    event.preventDefault();
    linkOf(cursor())?.click();
  } else if (Object.hasOwn(acts, key) && lists().length && acts[key]()) event.preventDefault();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-rows] .row");
  if (row) mark(row);
});

document.addEventListener("click", (event) => {
  if (!event.target.matches("[data-rows] .row-check input")) return;
  const list = event.target.closest("[data-rows]");
  if (event.shiftKey && lastTicked?.isConnected && list.contains(lastTicked)) {
    const boxes = rowsOf(list).map(boxOf).filter(Boolean);
    const ends = [boxes.indexOf(lastTicked), boxes.indexOf(event.target)].sort((a, b) => a - b);
    tick(boxes.slice(ends[0], ends[1] + 1), event.target.checked);
  }
  lastTicked = event.target;
});

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-rows]");
  if (!list) return;
  if (event.target.matches("[data-select-all]")) {
    for (const box of list.querySelectorAll(".row-check input")) box.checked = event.target.checked;
  }
  count(list);
});

document.addEventListener("reset", () => setTimeout(() => lists().forEach(count)));
document.addEventListener("htmx:afterSettle", () => {
  for (const list of lists()) count(list);
  const row = remembered && !cursor() && document.getElementById(remembered);
  if (row) mark(row);
});
for (const list of lists()) count(list);
