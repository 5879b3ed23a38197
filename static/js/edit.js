// Edit in place: [data-editable] holds [data-edit-view] and a hidden form [data-edit-form]. A link or button [data-edit-toggle] in the view
// (its href is the edit page) shows the form; Escape or [data-edit-cancel] takes it back. An answer that replaces what had the focus gives
// it to the first control of the new element with the same id (the property, the section), so that a keyboard goes on from there.
const swap = (place, editing) => {
  const view = place.querySelector("[data-edit-view]");
  const form = place.querySelector("[data-edit-form]");
  view.hidden = editing;
  form.hidden = !editing;
  if (!editing) {
    form.reset();
    return place.querySelector("[data-edit-toggle]")?.focus();
  }
  const field = form.querySelector("input:not([type=hidden]), textarea, select");
  field?.focus();
  if (field?.matches("input")) field.select?.();
};

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const control = event.target.closest("[data-edit-toggle], [data-edit-cancel]");
  const place = control?.closest("[data-editable]");
  if (!place) return;
  event.preventDefault();
  swap(place, control.matches("[data-edit-toggle]"));
});

document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && !event.defaultPrevented && event.target.closest("[data-edit-form]");
  if (!form || form.hidden) return;
  event.preventDefault();
  swap(form.closest("[data-editable]"), false);
});

let left;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const at = document.activeElement;
  left = detail.target.contains(at) ? (at.id ? at.parentElement : at).closest("[id]")?.id : undefined;
});
document.addEventListener("htmx:afterSettle", () => {
  const place = left && document.activeElement === document.body && document.getElementById(left);
  left = undefined;
  if (!place || place.matches(".split")) return;
  [...place.querySelectorAll("summary, a, button, input, textarea")].find((one) => one.checkVisibility())?.focus();
});
