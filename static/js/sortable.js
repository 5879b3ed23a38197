// Board: <ul data-sortable data-status="in_progress" [data-lane] aria-label> holds cards <li data-id> with their own hidden
// <form data-move> (fields _csrf, status, before, after, and lane where lanes exist). After a drop, or Alt+arrow on a focused card, it
// is sent, one move of a card after the other: before and after are the ids of the cards then above and below, empty at an end.
// Answer: 204, or the new card as HTML (and whatever goes out of band). A refusal puts the card back and says why.
// <meta name="tow-sortable"> has the library's address.
const planned = new Map(); // id of a card → its move not sent yet
const underWay = new Map(); // id of a card → the promise of its last move sent
const stands = new Map(); // id of a card that is being moved → where it stands for the server
const cardOf = (target) => target.closest?.("[data-sortable] > [data-id]");
const cardWith = (id) => document.querySelector(`[data-sortable] > [data-id="${CSS.escape(id)}"]:not(.dragging)`);
const cards = (list) => [...list.children].filter((child) => child.dataset.id);
const place = (card) => ({ list: card.parentElement, next: card.nextElementSibling });
const quietly = matchMedia("(prefers-reduced-motion: reduce)");

const beside = (card, way) => {
  const all = cards(card.parentElement);
  return all[all.indexOf(card) + way]?.dataset.id ?? "";
};

const announce = (card) => {
  const list = card.parentElement;
  const all = cards(list);
  const facts = {
    name: card.querySelector("a")?.textContent ?? "",
    list: list.getAttribute("aria-label") ?? "",
    place: all.indexOf(card) + 1,
    count: all.length,
  };
  const text = document.body.dataset.textMoved.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
  document.dispatchEvent(new CustomEvent("tow:say", { detail: { text } }));
};

// What a move says is taken while the card stands where it was put: the answer to the one before it may redraw the card.
const plan = (card, origin, wait) => {
  const { id } = card.dataset;
  const form = card.querySelector("form[data-move]");
  const body = new URLSearchParams(new FormData(form));
  const values = { status: card.parentElement.dataset.status, before: beside(card, -1), after: beside(card, 1) };
  if (form.elements.lane) values.lane = card.parentElement.dataset.lane ?? "";
  for (const [name, value] of Object.entries(values)) body.set(name, value);
  clearTimeout(planned.get(id)?.timer);
  if (!stands.has(id)) stands.set(id, origin);
  const move = { id, action: form.getAttribute("action"), body, to: place(card) };
  move.timer = setTimeout(() => send(move), wait);
  planned.set(id, move);
};

// The moves of one card go one after the other, so that the last one stays.
const send = (move) => {
  const { id } = move;
  clearTimeout(move.timer);
  planned.delete(id);
  const isLast = () => underWay.get(id) === way && !planned.has(id);
  const way = Promise.resolve(underWay.get(id)).then(() => post(move, isLast));
  underWay.set(id, way);
  way.then(() => underWay.get(id) === way && underWay.delete(id));
};

const post = async ({ id, action, body, to }, isLast) => {
  const failed = (detail) => {
    const card = cardWith(id);
    const { list, next } = stands.get(id);
    if (card && isLast()) list.insertBefore(card, next?.parentElement === list ? next : null);
    document.dispatchEvent(new CustomEvent("tow:failed", { detail }));
  };
  cardWith(id)?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(action, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive: true });
    const html = await answer.text();
    const card = cardWith(id);
    if (!answer.ok) return failed({ status: answer.status, body: html });
    stands.set(id, to);
    if (card && html.trim()) {
      const focused = card.contains(document.activeElement);
      htmx.swap(card, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
      if (focused) cardWith(id)?.querySelector("a")?.focus();
    }
  } catch {
    failed({ status: 0 });
  } finally {
    cardWith(id)?.removeAttribute("aria-busy");
    if (isLast()) stands.delete(id);
  }
};

addEventListener("pagehide", () => planned.forEach(send));

const over = (list) => {
  for (const old of document.querySelectorAll('[data-sortable][data-state="over"]')) delete old.dataset.state;
  if (list) list.dataset.state = "over";
};

const attach = async (root) => {
  const lists = [...root.querySelectorAll('[data-sortable=""]')];
  const address = document.querySelector('meta[name="tow-sortable"]')?.content;
  if (!lists.length || !address) return;
  for (const list of lists) list.dataset.sortable = "coming";
  const { default: Sortable } = await import(address);
  let origin;
  for (const list of lists) {
    Sortable.create(list, {
      group: "board",
      draggable: "[data-id]",
      filter: "button, summary, input, select",
      preventOnFilter: false,
      animation: quietly.matches ? 0 : 90,
      delay: 180,
      delayOnTouchOnly: true,
      forceFallback: true,
      fallbackTolerance: 4,
      ghostClass: "drop-slot",
      dragClass: "dragging",
      onStart: ({ item }) => (origin = place(item)),
      onMove: ({ to }) => over(to),
      onEnd: ({ item, from, to, oldIndex, newIndex }) => {
        over(null);
        if (from !== to || oldIndex !== newIndex) plan(item, origin, 0);
      },
    });
    list.dataset.sortable = "ready";
  }
};

const target = (card, key) => {
  const list = card.parentElement;
  if (key === "ArrowUp") return card.previousElementSibling && [list, card.previousElementSibling];
  if (key === "ArrowDown") return card.nextElementSibling && [list, card.nextElementSibling.nextElementSibling];
  const all = [...list.parentElement.querySelectorAll(":scope > [data-sortable]")];
  const forward = (key === "ArrowRight") === (getComputedStyle(list).direction === "ltr");
  const other = all[all.indexOf(list) + (forward ? 1 : -1)];
  return other && [other, other.firstElementChild];
};

document.addEventListener("keydown", (event) => {
  const card = event.altKey && event.key.startsWith("Arrow") && cardOf(event.target);
  if (!card) return;
  event.preventDefault();
  const to = target(card, event.key);
  if (!to) return;
  const origin = place(card);
  to[0].insertBefore(card, to[1]);
  event.target.focus();
  announce(card);
  plan(card, origin, 500);
});

// Who moves a pointer may drag soon; who only reads or uses the keyboard never needs the library. A finger gives no notice.
const begin = () => {
  attach(document);
  document.addEventListener("htmx:load", (event) => attach(event.target.parentElement ?? document));
};
if (matchMedia("(pointer: coarse)").matches) begin();
else document.addEventListener("pointermove", begin, { once: true, passive: true });
