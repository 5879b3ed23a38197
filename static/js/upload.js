// Upload: files pasted into or dropped on a textarea with data-upload-url, or chosen by [data-md=attach], are posted there (multipart:
// file, _csrf); the answer {"markdown": "![name](/files/…)"} takes the place of a placeholder. data-upload-max on <body> is the limit in bytes.
// What is dropped on a section with a form[data-drop] is sent by that form, in its field "file"; what is chosen there is held to the limit
// too, before it travels.
const words = document.body.dataset;
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
const toast = (text) => document.dispatchEvent(new CustomEvent("tow:toast", { detail: { text, tone: "red" } }));

const MB = 1024 * 1024;
const limit = Number(words.uploadMax) || Infinity;
const limitMB = limit < MB ? (limit / MB).toFixed(1) : Math.floor(limit / MB);
const tooLarge = (file) => file.size > limit && fill(words.textUploadTooLarge, { name: file.name, limit: limitMB });

const exchange = (area, old, text) => {
  const at = area.value.indexOf(old);
  if (at < 0) return;
  // The caret stays where it is in what is written ("preserve" selects the new text when it stands right behind the old).
  const [end, grown] = [at + old.length, text.length - old.length];
  const moved = [area.selectionStart, area.selectionEnd].map((caret) => (caret >= end ? caret + grown : Math.min(caret, at)));
  const way = area.selectionDirection;
  area.setRangeText(text, at, end);
  area.setSelectionRange(...moved, way);
  area.dispatchEvent(new Event("input", { bubbles: true }));
};

const upload = async (area, file) => {
  if (tooLarge(file)) return toast(tooLarge(file));
  const facts = { name: file.name };
  const placeholder = `![${fill(words.textUploading, facts)}…](#${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)})\n`;
  area.setRangeText(placeholder, area.selectionStart, area.selectionEnd, "end");
  const body = new FormData();
  body.set("_csrf", area.form?.elements._csrf?.value ?? "");
  body.set("file", file);
  const headers = { "HX-Request": "true", Accept: "application/json" };
  const answer = await fetch(area.dataset.uploadUrl, { method: "POST", body, headers }).catch(() => null);
  const text = (await answer?.text().catch(() => "")) ?? "";
  if (answer?.ok) return exchange(area, placeholder, `${JSON.parse(text).markdown}\n`);
  exchange(area, placeholder, "");
  if (!answer) toast(fill(words.textUploadFailed, facts));
  document.dispatchEvent(new CustomEvent("tow:failed", { detail: { status: answer?.status ?? 0, body: text } }));
};

const take = async (area, files, event) => {
  if (!files.length) return;
  event.preventDefault();
  for (const file of files) await upload(area, file);
};

const areaOf = (event) => event.target.closest?.("textarea[data-upload-url]");

document.addEventListener("paste", (event) => {
  const area = areaOf(event);
  const text = event.clipboardData?.types.includes("text/plain"); // a copied table comes with a picture of itself
  if (area && !text) take(area, [...event.clipboardData.files], event);
});
// The browser says it beside the field, and sends nothing until it is put right.
const fits = (field) => {
  field.setCustomValidity([...field.files].map(tooLarge).find(Boolean) || "");
  return field.reportValidity();
};
const formOf = (event) => event.target.closest?.("section")?.querySelector("form[data-drop]");

document.addEventListener("dragover", (event) => {
  if ((areaOf(event) || formOf(event)) && event.dataTransfer.types.includes("Files")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const [area, form] = [areaOf(event), formOf(event)];
  const { files } = event.dataTransfer;
  if (area) return take(area, [...files], event);
  if (!form || !files.length) return;
  event.preventDefault();
  form.elements.file.files = files;
  if (fits(form.elements.file)) form.requestSubmit();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-drop] input[type=file]")) fits(event.target);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-md=attach]");
  const area = button && document.getElementById(button.closest("[role=toolbar]").getAttribute("aria-controls"));
  if (!area) return;
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.multiple = true;
  chooser.addEventListener("change", (chosen) => take(area, [...chooser.files], chosen));
  chooser.click();
});
