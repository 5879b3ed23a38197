// Sidebar: remembers on this device which <details class="nav-group" data-nav="name"> are closed and, by the button
// [data-sidebar-fold][hidden], whether it is folded to icons. Not a module: the layout puts <script src> right after the sidebar, so
// that everything stands in its place before the first paint.
{
  const root = document.documentElement;
  const read = (name) => localStorage.getItem(`tow-${name}`);
  const write = (name, value) => (value === null ? localStorage.removeItem(`tow-${name}`) : localStorage.setItem(`tow-${name}`, value));
  const groups = document.querySelectorAll(".nav-group[data-nav]");
  const button = document.querySelector("[data-sidebar-fold]");
  const isFolded = () => root.dataset.sidebar === "folded";

  const draw = () => {
    for (const group of groups) group.open = isFolded() || read(`nav-${group.dataset.nav}`) !== "closed";
    button?.setAttribute("aria-pressed", String(isFolded()));
  };

  if (read("sidebar") === "folded") root.dataset.sidebar = "folded";
  if (button) button.hidden = false;
  draw();

  for (const group of groups) {
    group.addEventListener("toggle", () => {
      if (!isFolded()) write(`nav-${group.dataset.nav}`, group.open ? null : "closed");
    });
  }
  button?.addEventListener("click", () => {
    if (isFolded()) delete root.dataset.sidebar;
    else root.dataset.sidebar = "folded";
    write("sidebar", isFolded() ? "folded" : null);
    draw();
  });
}
