// Filters: a form with data-auto sends itself when a select, checkbox, radio or date in it changes; data-auto on one control does so for
// that control. Empty values do not reach the address of a GET form. Its button carries data-without-script.
const CHOICES = "select, input:is([type=checkbox], [type=radio], [type=date])";

document.addEventListener("change", (event) => {
  const { target } = event;
  const asked = target.closest("form[data-auto]") || target.matches("[data-auto]");
  if (asked && target.matches(CHOICES) && !target.matches(".row-check input")) target.form?.requestSubmit();
});

document.addEventListener("formdata", ({ target, formData }) => {
  if (target.matches("[method=post i]") || !target.closest(".toolbar, [data-auto]")) return;
  for (const name of new Set(formData.keys())) {
    const values = formData.getAll(name).filter((value) => value !== "");
    formData.delete(name);
    for (const value of values) formData.append(name, value);
  }
});
