// Filters: a form with data-auto sends itself when a select, checkbox, radio or date in it changes; data-auto on one control does so for
// that control. Empty values do not reach the address of a GET form. Its button carries data-without-script. A key that steps through a
// closed select has chosen nothing yet: it is sent by Enter, or on leaving it.
const CHOICES = "select, input:is([type=checkbox], [type=radio], [type=date])";

const STEP_MS = 100; // between a key and what it changes
let stepped, at, passing;

const send = (target) => {
  passing = undefined;
  target.form?.requestSubmit();
};

document.addEventListener("keydown", ({ key, target, timeStamp }) => {
  if (target === passing && key === "Enter") send(target);
  [stepped, at] = key === "Enter" || key === " " ? [] : [target, timeStamp];
});
document.addEventListener("change", ({ target, timeStamp }) => {
  const asked = target.closest("form[data-auto]") || target.matches("[data-auto]");
  if (!asked || !target.matches(CHOICES) || target.matches(".row-check input")) return;
  if (target.matches("select") && target === stepped && timeStamp - at < STEP_MS) passing = target;
  else send(target);
});
document.addEventListener("focusout", ({ target }) => target === passing && send(target));

document.addEventListener("formdata", ({ target, formData }) => {
  if (target.matches("[method=post i]") || !target.closest(".toolbar, [data-auto]")) return;
  for (const name of new Set(formData.keys())) {
    const values = formData.getAll(name).filter((value) => value !== "");
    formData.delete(name);
    for (const value of values) formData.append(name, value);
  }
});
