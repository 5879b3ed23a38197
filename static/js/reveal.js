// Controls that only a script can serve are rendered with hidden and data-needs-script; what only a page without scripts needs
// (a "Go" button beside a select) carries data-without-script and goes away.
const reveal = (root) => {
  for (const element of root.querySelectorAll("[data-needs-script][hidden]")) element.hidden = false;
  for (const element of root.querySelectorAll("[data-without-script]")) element.hidden = true;
};

reveal(document);
document.addEventListener("htmx:load", (event) => reveal(event.target.parentElement ?? document));
