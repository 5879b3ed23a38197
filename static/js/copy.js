// Copying: data-copy="text" on a button, or data-copy-from="selector" (its value or text). Rendered with hidden data-needs-script.
const copyOld = (text) => {
  const area = document.createElement("textarea");
  area.className = "sr-only";
  area.value = text;
  (document.querySelector("dialog:modal") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const from = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  const text = from ? (from.value ?? from.textContent) : button.dataset.copy;
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = copyOld(text); // no clipboard without https
    button.focus();
  }
  const { textCopied, textCopyFailed } = document.body.dataset;
  const detail = done ? { text: textCopied, tone: "green" } : { text: textCopyFailed, tone: "red" };
  document.dispatchEvent(new CustomEvent("tow:toast", { detail }));
});
