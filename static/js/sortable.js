// Board: <ul data-sortable data-status="in_progress" [data-lane] aria-label> holds cards <li data-id> with their own hidden
// <form data-move> (fields _csrf, status, before, after, and lane where lanes exist). After a drop, or Alt+arrow on a focused card, it
// is sent: before and after are the ids of the cards now above and below, empty at an end. Answer: 204, or the new card as HTML
// (and whatever goes out of band). A refusal puts the card back and says why. <meta name="tow-sortable"> has the library's address.
const pending = new Map();
const cardOf = (target) => target.closest?.("[data-sortable] > [data-id]");
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

const send = async (card, origin) => {
  const form = card.querySelector("form[data-move]");
  const body = new URLSearchParams(new FormData(form));
  const values = { status: card.parentElement.dataset.status, before: beside(card, -1), after: beside(card, 1) };
  if (form.elements.lane) values.lane = card.parentElement.dataset.lane ?? "";
  for (const [name, value] of Object.entries(values)) body.set(name, value);
  card.setAttribute("aria-busy", "true");
  const failed = (detail) => {
    origin.list.insertBefore(card, origin.next?.isConnected && origin.next.parentElement === origin.list ? origin.next : null);
    document.dispatchEvent(new CustomEvent("tow:failed", { detail }));
  };
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { "HX-Request": "true" } });
    const html = await answer.text();
    if (!answer.ok) failed({ status: answer.status, body: html });
    else if (html.trim()) {
      const focused = card.contains(document.activeElement);
      const { id } = card.dataset;
      htmx.swap(card, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
      if (focused) document.querySelector(`[data-sortable] > [data-id="${CSS.escape(id)}"] a`)?.focus();
    }
  } catch {
    failed({ status: 0 });
  } finally {
    card.removeAttribute("aria-busy");
  }
};

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
        if (from !== to || oldIndex !== newIndex) send(item, origin);
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
  const waiting = pending.get(card) ?? { origin: place(card) };
  to[0].insertBefore(card, to[1]);
  event.target.focus();
  announce(card);
  clearTimeout(waiting.timer);
  waiting.timer = setTimeout(() => (pending.delete(card), send(card, waiting.origin)), 500);
  pending.set(card, waiting);
});

// Who moves a pointer may drag soon; who only reads or uses the keyboard never needs the library. A finger gives no notice.
const begin = () => {
  attach(document);
  document.addEventListener("htmx:load", (event) => attach(event.target.parentElement ?? document));
};
if (matchMedia("(pointer: coarse)").matches) begin();
else document.addEventListener("pointermove", begin, { once: true, passive: true });
