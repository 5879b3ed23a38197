// Sending: a form is sent once. Its button gets aria-busy (and keeps its width) until the answer; a second send meanwhile is dropped.
const busy = new Map();
const PATIENCE_MS = 10_000;

const release = (form) => {
  const { button, timer } = busy.get(form) ?? {};
  clearTimeout(timer);
  button?.removeAttribute("aria-busy");
  busy.delete(form);
};

const hold = (form, submitter) => {
  const button = submitter ?? form.querySelector("button[type=submit], button:not([type])");
  button?.setAttribute("aria-busy", "true");
  busy.set(form, { button, timer: setTimeout(release, PATIENCE_MS, form) });
};

window.addEventListener(
  "submit",
  (event) => {
    if (!busy.has(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

// Last on the way up: who prevented the send (a script that sends by itself, or htmx) answers for it.
window.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.matches("[method=dialog], [target=_blank]")) return;
  hold(form, event.submitter);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (elt.matches("form")) hold(elt, requestConfig?.triggeringEvent?.submitter);
});
document.addEventListener("htmx:afterRequest", (event) => release(event.detail.requestConfig.elt));
// A page that came back with problems begins at the first of them.
document.querySelector("main [aria-invalid=true]")?.focus();
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of [...busy.keys()]) release(form);
});
