// Where a place in a field is on the screen: tow:caret {at} on a textarea or input gets left, top (below that line) and line (its height)
// written into its detail. A textarea's text is laid out once more in a copy of the same type and width.
const COPIED = ["font", "padding", "border", "letter-spacing", "tab-size", "box-sizing"];

document.addEventListener("tow:caret", ({ target: field, detail }) => {
  const box = field.getBoundingClientRect();
  const style = getComputedStyle(field);
  const line = parseFloat(style.lineHeight);
  if (field.matches("input")) return Object.assign(detail, { left: box.left, top: box.bottom + 4, line });
  const copy = document.createElement("div");
  const mark = document.createElement("span");
  for (const name of COPIED) copy.style.setProperty(name, style.getPropertyValue(name));
  Object.assign(copy.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word" });
  copy.style.width = `${field.clientWidth}px`;
  mark.textContent = "\u200b";
  copy.append(field.value.slice(0, detail.at), mark);
  document.body.append(copy);
  Object.assign(detail, { left: box.left + mark.offsetLeft, top: box.top + mark.offsetTop - field.scrollTop + line, line });
  copy.remove();
});
