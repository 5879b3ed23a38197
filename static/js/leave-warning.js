// Leaving: a form with data-leave-warning asks before its unsaved values are lost; data-leave-warning="dirty" (a form that came back
// with errors) counts as changed from the start. Sending the form is not leaving.
const first = new WeakMap();
const sent = new WeakSet();

const values = (form) => {
  const files = [...form.querySelectorAll("input[type=file]")].map((input) => [...input.files].map((file) => file.name));
  return JSON.stringify([...new FormData(form)].filter(([, value]) => typeof value === "string")) + JSON.stringify(files);
};

const attach = (root) => {
  for (const form of root.querySelectorAll("form[data-leave-warning]")) {
    if (!first.has(form)) first.set(form, form.dataset.leaveWarning === "dirty" ? "" : values(form));
  }
};

const isDirty = (form) => first.has(form) && !sent.has(form) && first.get(form) !== values(form);

window.addEventListener("beforeunload", (event) => {
  if ([...document.querySelectorAll("form[data-leave-warning]")].some(isDirty)) event.preventDefault();
});

document.addEventListener("submit", (event) => sent.add(event.target));
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt.closest("form[data-leave-warning]");
  if (!form) return;
  sent.delete(form);
  if (event.detail.successful) first.set(form, values(form));
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) sent.delete(form);
});

attach(document);
document.addEventListener("htmx:load", (event) => attach(event.target.parentElement ?? document));
