// Once before all journeys: the server they share, set up, with its owner signed in. Afterwards it is stopped.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Person } from "./person.js";
import { Server } from "./server.js";
import { OWNER, STATE } from "./named.js";

export default async () => {
  const server = await Server.begin();
  try {
    const ada = await Person.come(server.url);
    await ada.send("/setup", { token: server.token, organisation: "Halden", mode: "founder", ...OWNER }, "/setup");
    const state = await ada.http.storageState();
    await ada.leave();
    await mkdir(dirname(STATE), { recursive: true });
    await writeFile(STATE, JSON.stringify({ url: server.url, port: server.port, folder: server.folder, state }));
  } catch (error) {
    await server.end();
    throw error;
  }
  return () => server.end();
};
