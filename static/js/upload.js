// Upload: files pasted into or dropped on a textarea with data-upload-url, or chosen by [data-md=attach], are posted there (multipart:
// file, _csrf); the answer {"markdown": "![name](/files/…)"} takes the place of a placeholder. data-upload-max is the limit in bytes.
// What is dropped on a section with a form[data-drop] is sent by that form, in its field "file".
const words = document.body.dataset;
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
const toast = (text) => document.dispatchEvent(new CustomEvent("tow:toast", { detail: { text, tone: "red" } }));

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
  const limit = Number(area.dataset.uploadMax) || Infinity;
  const facts = { name: file.name, limit: Math.floor(limit / 1024 / 1024) };
  if (file.size > limit) return toast(fill(words.textUploadTooLarge, facts));
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
  form.requestSubmit();
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
