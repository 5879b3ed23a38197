// Times: <time datetime="…Z" data-relative> ("12 minutes ago") or data-relative="short" ("12 min", by data-text-rel-… on <body>) is kept
// fresh for a week; older ones stay as the server wrote them. Units are rounded down, as the server does.
// An empty input[data-own-zone] gets this machine's time zone.
const spoken = new Intl.RelativeTimeFormat(document.documentElement.lang || "en-GB", { numeric: "auto" });
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const long = (seconds) => {
  if (seconds < MINUTE) return spoken.format(0, "second");
  if (seconds < HOUR) return spoken.format(-Math.floor(seconds / MINUTE), "minute");
  if (seconds < DAY) return spoken.format(-Math.floor(seconds / HOUR), "hour");
  return spoken.format(-Math.floor(seconds / DAY), "day");
};

const short = (seconds) => {
  const words = document.body.dataset;
  const fill = (text, unit) => text.replace("{count}", Math.floor(seconds / unit));
  if (seconds < MINUTE) return words.textRelNow;
  if (seconds < HOUR) return fill(words.textRelMinutes, MINUTE);
  if (seconds < DAY) return fill(words.textRelHours, HOUR);
  return fill(words.textRelDays, DAY);
};

const refresh = () => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (!(seconds >= 0 && seconds < 7 * DAY)) continue;
    const text = time.dataset.relative === "short" ? short(seconds) : long(seconds);
    if (time.textContent !== text) time.textContent = text;
  }
};

setInterval(refresh, MINUTE * 1000);
document.addEventListener("visibilitychange", refresh);

const zone = document.querySelector("input[data-own-zone]");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
