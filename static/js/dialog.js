// Dialogs: data-dialog="id" on a link (its href is the page without a script) or button opens <dialog id> modally; the browser gives
// focus back. data-dialog-close inside closes. data-dismiss on the dialog: a click beside it closes. A dialog that arrives with
// data-open opens itself. Each opening fires tow:dialog on the dialog.
const show = (dialog) => {
  if (dialog.open) dialog.close();
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("tow:dialog", { bubbles: true }));
};

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    show(dialog);
  } else if (event.target.closest("dialog [data-dialog-close]")) {
    event.preventDefault();
    event.target.closest("dialog")?.close();
  } else if (event.target.matches("dialog[data-dismiss]")) event.target.close();
});

const openNew = (root) => {
  for (const dialog of root.querySelectorAll("dialog[data-open]")) {
    delete dialog.dataset.open;
    show(dialog);
  }
};
openNew(document);
document.addEventListener("htmx:load", (event) => openNew(event.target.parentElement ?? document));
