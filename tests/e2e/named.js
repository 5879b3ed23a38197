// The names journeys agree on.
import { resolve } from "node:path";

export const STATE = resolve(import.meta.dirname, "../../target/e2e/world.json");
export const OWNER = {
  name: "Ada Lindqvist",
  email: "ada@halden.example",
  password: "tide tables and ferries",
  time_zone: "Europe/London",
};
