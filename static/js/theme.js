// Looks: submit buttons data-theme-set="light|dark|system" (name="theme") and data-hue-set="default|heather|moss|rust" (name="palette")
// in a POST form to the settings. The page changes at once, the choice is posted, aria-pressed follows.
const root = document.documentElement;

const wear = (name, value, plain) => {
  if (value === plain) root.removeAttribute(name);
  else root.setAttribute(name, value);
};

const press = (attribute, value) => {
  for (const button of document.querySelectorAll(`[${attribute}]`)) {
    button.setAttribute("aria-pressed", String(button.getAttribute(attribute) === value));
  }
};

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button?.matches("[data-theme-set], [data-hue-set]")) return;
  event.preventDefault();
  const { themeSet, hueSet } = button.dataset;
  if (themeSet) wear("data-theme", themeSet, "system");
  if (hueSet) wear("data-palette", hueSet, "default");
  press(themeSet ? "data-theme-set" : "data-hue-set", themeSet ?? hueSet);
  const body = new URLSearchParams(new FormData(event.target, button));
  let status = 0;
  try {
    const answer = await fetch(event.target.getAttribute("action"), { method: "POST", body, headers: { "HX-Request": "true" } });
    if (answer.ok) return;
    status = answer.status;
  } catch {
    status = 0;
  }
  document.dispatchEvent(new CustomEvent("tow:failed", { detail: { status } }));
});
