// Toasts: one <div class="toasts" role="status">; <template id="toast-template"> holds a .toast with a <span> for the text and a
// [data-toast-dismiss] button. A toast goes after 10 s unless pointed at, focused or marked data-keep. Events on document:
// tow:toast {text, tone}, tow:say {text} (heard only), tow:failed {status, body} (what the server answered, said in plain words).
const region = () => document.querySelector(".toasts");
const words = (name) => document.body.dataset[`text${name}`];

const leave = (toast) => {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within, [data-keep]")) leave(toast);
    else toast.remove();
  }, 10_000);
};

const watch = () => {
  const place = region();
  if (!place) return;
  for (const toast of place.querySelectorAll(".toast")) leave(toast);
  new MutationObserver((changes) => {
    for (const added of changes.flatMap((change) => [...change.addedNodes])) {
      if (added.nodeType === Node.ELEMENT_NODE) leave(added);
    }
  }).observe(place, { childList: true });
};

const say = ({ text, tone }) => {
  const made = document.getElementById("toast-template")?.content.cloneNode(true).querySelector(".toast");
  if (!made || !text) return;
  made.querySelector("span").textContent = text;
  if (tone) made.querySelector(".icon")?.setAttribute("data-tone", tone);
  for (const same of region().querySelectorAll(".toast > span")) if (same.textContent === text) same.parentElement.remove();
  region().append(made);
};

// A problem document says why; a fragment may mark the sentence with data-reason.
const reason = (body = "") => {
  try {
    const problem = JSON.parse(body);
    return problem.detail ?? problem.title;
  } catch {
    return new DOMParser().parseFromString(body, "text/html").querySelector("[data-reason]")?.textContent.trim();
  }
};

const explain = ({ status, body }) => {
  if (status === 401) return location.reload();
  if (status === 0) return;
  const known = words(`Error${status >= 500 ? 500 : status}`) ?? words("Error");
  say({ text: reason(body) || known, tone: "red" });
};

document.addEventListener("tow:toast", (event) => say(event.detail));
document.addEventListener("tow:failed", (event) => explain(event.detail));
document.addEventListener("tow:say", (event) => {
  const line = document.createElement("p");
  line.className = "sr-only";
  line.textContent = event.detail.text;
  region()?.append(line);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-toast-dismiss]")) event.target.closest(".toast").remove();
});

const failed = (detail) => document.dispatchEvent(new CustomEvent("tow:failed", { detail }));
document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  failed({ status, body: responseText });
});
for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => failed({ status: 0 }));
watch();
