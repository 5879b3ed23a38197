// The server and its database are killed under writes and started again: what was acknowledged is there, once. Without a browser.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test as base, expect } from "@playwright/test";
import { OWNER } from "./named.js";
import { Person } from "./person.js";
import { Server, tow } from "./server.js";

const WRITERS = 6;
const KILLS = ["server", "database", "server"];
const WRITING_MS = 1_500;

// Sends tickets until told to stop; keeps the titles that the server said it made.
const write = async (person, form, round, writer, made, until) => {
  for (let number = 0; !until.is; number += 1) {
    const title = `Round ${round} writer ${writer} ticket ${number}`;
    try {
      const answer = await person.http.post("/tickets", { form: { ...form, title }, maxRedirects: 0, timeout: 20_000 });
      if (answer.status() === 303) made.push(title);
      else if (answer.status() !== 503) throw new Error(`answered ${answer.status()}: ${(await answer.text()).slice(0, 500)}`);
    } catch (error) {
      if (/answered/.test(error.message)) throw error;
      return; // the connection went with the server
    }
  }
};

const postmaster = async ({ folder }) => {
  const lines = (await readFile(join(folder, "data/postgres/postmaster.pid"), "utf8")).split("\n");
  return Number(lines[0]);
};

const killed = (child) => {
  const ended = child.exitCode === null && child.signalCode === null ? new Promise((done) => child.once("exit", done)) : null;
  child.kill("SIGKILL");
  return ended;
};

// Titles of everything in an export, wherever they stand.
const titles = (value) => {
  if (value === null || typeof value !== "object") return [];
  const own = typeof value.title === "string" ? [value.title] : [];
  return [...own, ...Object.values(value).flatMap(titles)];
};

base("nothing acknowledged is lost when server or database are killed under writes", async () => {
  base.setTimeout(180_000);
  const server = await Server.begin();
  try {
    const ada = await Person.come(server.url);
    await ada.send("/setup", { token: server.token, organisation: "Halden", mode: "founder", ...OWNER }, "/setup");
    await ada.project("Atlas", "ATL");
    const page = await (await ada.http.get("/tickets/new?project=ATL")).text();
    const place = page.match(/name="place"[\s\S]*?<option value="([^"]*)" selected/)[1];
    const made = [];
    for (const [round, victim] of KILLS.entries()) {
      // No _once: a ticket sent twice would be two, and a retry hidden in a library would show.
      const form = { _csrf: await ada.csrf("/tickets/new?project=ATL"), place, kind: "task", status: "todo", priority: "3" };
      const until = { is: false };
      const writing = Array.from({ length: WRITERS }, (_, writer) => write(ada, form, round, writer, made, until));
      await new Promise((done) => setTimeout(done, WRITING_MS));
      if (victim === "database") process.kill(await postmaster(server), "SIGKILL");
      else await killed(server.child);
      until.is = victim === "database";
      await Promise.all(writing);
      await killed(server.child);
      await server.start(/listening on/);
    }
    expect(made.length).toBeGreaterThan(KILLS.length * WRITERS);
    const file = join(server.folder, "all.json");
    await tow(server, "export", file);
    const kept = titles(JSON.parse(await readFile(file, "utf8")));
    const lost = made.filter((title) => !kept.includes(title));
    const doubled = kept.filter((title, index) => title.startsWith("Round") && kept.indexOf(title) !== index);
    console.log(`${made.length} writes acknowledged over ${KILLS.length} kills, ${lost.length} lost`);
    expect(lost).toEqual([]);
    expect(doubled).toEqual([]);
    await ada.leave();
  } finally {
    await server.end();
  }
});
