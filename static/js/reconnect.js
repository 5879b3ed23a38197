// Connection: when a request found no server (tow:failed with status 0, 502, 503, 504) /healthz is asked with growing pauses; until
// it answers the bar [data-reconnect][hidden] shows. Then tow:back on document. [data-reconnect-now] asks at once. The bar stands
// inside an element with role="status" that is always there.
let pause = 0;
let timer;
let bar;

const back = () => {
  const shown = bar && !bar.hidden;
  pause = 0;
  if (bar) bar.hidden = true;
  if (shown) return document.dispatchEvent(new CustomEvent("tow:back"));
  document.dispatchEvent(new CustomEvent("tow:toast", { detail: { text: document.body.dataset.textBlip, tone: "amber" } }));
};

const ask = async () => {
  clearTimeout(timer);
  const button = document.querySelector("[data-reconnect-now]");
  button?.setAttribute("aria-busy", "true");
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  button?.removeAttribute("aria-busy");
  if (answer?.ok) return back();
  bar = document.querySelector("[data-reconnect]");
  if (bar) bar.hidden = false;
  pause = Math.min(pause * 2, 30);
  timer = setTimeout(ask, pause * 1000);
};

const lost = () => {
  if (pause) return;
  pause = 0.5;
  ask();
};

document.addEventListener("tow:failed", (event) => {
  if ([0, 502, 503, 504].includes(event.detail.status)) lost();
});
window.addEventListener("offline", lost);
window.addEventListener("online", () => pause && ask());
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-reconnect-now]")) ask();
});
