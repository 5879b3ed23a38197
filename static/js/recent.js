// Recent: a form with data-recent asks /confirmation/state before it is sent. When the session is old, the question opens in a dialog
// over the page; after the answer the form goes out as it stands. Without a script the server keeps the form and asks on a page.
const passed = new WeakSet();
const HEADERS = { "X-Requested-With": "fetch" };

// With the way out that stands below it: a phone has no key for that.
const cardOf = async (answer) => {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const card = page.getElementById("confirmation");
  card?.append(page.querySelector("[data-dialog-close]") ?? "");
  return card;
};

// The session has a new token: every form of this page needs the one that goes with it.
const freshen = (csrf) => {
  for (const field of document.querySelectorAll("input[name=_csrf]")) field.value = csrf;
};

const put = (body, card) => {
  card.classList?.remove("card");
  for (const element of card.querySelectorAll?.("[data-needs-script]") ?? []) element.hidden = false;
  body.replaceChildren(card);
};

const answer = async (form, body) => {
  const reply = await fetch(form.action, { method: "POST", headers: HEADERS, body: new URLSearchParams(new FormData(form)) });
  if (reply.ok && reply.headers.get("content-type")?.includes("json")) {
    freshen((await reply.json()).csrf);
    return true;
  }
  put(body, (await cardOf(reply)) ?? "");
  body.querySelector("input:not([type=hidden])")?.focus();
  return false;
};

const ask = (card) =>
  new Promise((resolve) => {
    const dialog = Object.assign(document.createElement("dialog"), { className: "dialog" });
    dialog.setAttribute("aria-labelledby", "confirm-title");
    const body = Object.assign(document.createElement("div"), { className: "dialog-body" });
    put(body, card);
    dialog.append(body);
    let done = false;
    dialog.addEventListener("submit", async (event) => {
      event.preventDefault();
      done = await answer(event.target, body);
      if (done) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
    document.body.append(dialog);
    dialog.showModal();
  });

const question = async () => {
  const state = await fetch("/confirmation/state", { headers: { Accept: "application/json" } });
  if (!state.ok || (await state.json()).recent) return null;
  const here = encodeURIComponent(location.pathname + location.search);
  return cardOf(await fetch(`/confirmation?back=${here}`));
};

window.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    if (!form.matches("[data-recent]") || passed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    // Whatever goes wrong here, the server asks again by itself.
    const card = await question().catch(() => null);
    if (card && !(await ask(card))) return;
    passed.add(form);
    form.requestSubmit(submitter);
  },
  true,
);
