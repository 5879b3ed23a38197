// Menus: <details class="menu" name="menu"> with .menu-item inside. Arrows move, Escape and a click outside close, focus returns
// to the summary; one with nothing but fields has it in the first. A chosen item closes its menu unless the item or a parent carries
// data-menu-stay.
const FIELD = ".menu-panel :is(input:not([type=hidden], [type=checkbox], [type=radio], [type=submit]), select, textarea)";
const opened = () => document.querySelectorAll("details.menu[open]");
const items = (menu) =>
  [...menu.querySelectorAll(".menu-item")].filter((item) => !item.disabled && item.checkVisibility());

const close = (menu, refocus) => {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
};

const move = (menu, event) => {
  const all = items(menu);
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const next = {
    ArrowDown: at + 1,
    ArrowUp: at < 0 ? all.length - 1 : at - 1 + all.length,
    Home: 0,
    End: all.length - 1,
  }[event.key];
  event.preventDefault();
  all[next % all.length].focus();
};

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu");
  if (event.defaultPrevented || !menu) return;
  if (event.key === "Escape" && menu.open) {
    event.preventDefault();
    close(menu, true);
    return;
  }
  const typing = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  const vertical = ["ArrowDown", "ArrowUp"].includes(event.key);
  const ends = ["Home", "End"].includes(event.key);
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (vertical && event.target.matches("summary") && !menu.open) menu.open = true;
  if (!menu.open || event.target.matches("textarea, select, [type=radio]")) return;
  if (vertical || (ends && !typing)) move(menu, event);
});

document.addEventListener("pointerdown", (event) => {
  for (const menu of opened()) if (!menu.contains(event.target)) close(menu);
});

document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) close(menu);
});

document.addEventListener("click", (event) => {
  const item = event.target.closest("a.menu-item, button.menu-item");
  const menu = item?.closest("details.menu[open]");
  // After the click's own work: a form must still see which button sent it.
  if (menu && !item.closest("[data-menu-stay]")) setTimeout(close, 0, menu, true);
});

// One open at a time, also where the browser does not know <details name>
document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches?.("details.menu[open]")) return;
    for (const menu of opened()) if (menu !== event.target && !menu.contains(event.target)) close(menu);
    // Not where there is something to choose from as well; and a finger would open the phone's keyboard over the panel.
    const isAsked = document.activeElement === event.target.querySelector("summary") && !items(event.target).length;
    const field = isAsked && matchMedia("(hover: hover)").matches && event.target.querySelector(FIELD);
    if (field) field.focus();
    if (field && field.matches("input")) field.select();
  },
  true,
);
