// Tooltips: Escape hides the .tooltip of what is pointed at or focused until the pointer or focus leaves.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const element of document.querySelectorAll(".has-tooltip:is(:hover, :focus-visible)")) {
    element.dataset.state = "hushed";
    const leave = () => delete element.dataset.state;
    element.addEventListener("pointerleave", leave, { once: true });
    element.addEventListener("blur", leave, { once: true });
  }
});
