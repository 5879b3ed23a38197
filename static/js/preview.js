// Preview: a textarea with data-preview-url and data-preview-target="#id" posts text and _csrf (from its form) 300 ms after the last key
// and shows the HTML that comes back. Buttons data-editor-view="write|both|preview" [hidden data-needs-script] inside the same form
// choose what is seen; what is hidden is the textarea's .field or the target.
const timers = new WeakMap();
const requests = new WeakMap();
const target = (area) => document.querySelector(area.dataset.previewTarget);

const draw = async (area) => {
  const place = target(area);
  if (!place || place.hidden) return;
  requests.get(area)?.abort();
  const mine = new AbortController();
  requests.set(area, mine);
  place.setAttribute("aria-busy", "true");
  const body = new URLSearchParams({ text: area.value, _csrf: area.form?.elements._csrf?.value ?? "" });
  try {
    const answer = await fetch(area.dataset.previewUrl, { method: "POST", body, headers: { "HX-Request": "true" }, signal: mine.signal });
    const html = await answer.text();
    if (answer.ok) place.innerHTML = html;
    else document.dispatchEvent(new CustomEvent("tow:failed", { detail: { status: answer.status, body: html } }));
  } catch (error) {
    if (error.name !== "AbortError") document.dispatchEvent(new CustomEvent("tow:failed", { detail: { status: 0 } }));
  } finally {
    if (requests.get(area) === mine) place.removeAttribute("aria-busy");
  }
};

document.addEventListener("input", ({ target: area }) => {
  if (!area.matches("textarea[data-preview-url]")) return;
  clearTimeout(timers.get(area));
  timers.set(area, setTimeout(draw, 300, area));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-editor-view]");
  const area = button?.closest("form").querySelector("textarea[data-preview-url]");
  if (!area) return;
  const { editorView: view } = button.dataset;
  (area.closest(".field") ?? area).hidden = view === "preview";
  target(area).hidden = view === "write";
  for (const one of button.parentElement.querySelectorAll("[data-editor-view]")) one.setAttribute("aria-pressed", String(one === button));
  draw(area);
});
