// A server of its own for journeys: the program the tests built, an empty folder, a free port, a random secret.
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const PROGRAM = resolve(import.meta.dirname, "../../target/debug/tow");
const START_MS = 60_000;
const STOP_MS = 20_000;

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

// What this shell calls TOW_… is about another server.
const environment = (port) => {
  const own = Object.entries(process.env).filter(([name]) => !/^(TOW_|APP_SECRET|DATABASE_URL|OPENAI_)/.test(name));
  return { ...Object.fromEntries(own), TOW_RUNTIME__BIND: `127.0.0.1:${port}` };
};

// Resolves when the program has said it; rejects with all it said when it ends before.
const said = (child, words) =>
  new Promise((done, failed) => {
    let text = "";
    const timer = setTimeout(() => failed(new Error(`tow serve did not say ${words} in time:\n${text}`)), START_MS);
    const hear = (chunk) => {
      text += chunk;
      const found = text.match(words);
      if (found) (clearTimeout(timer), done(found));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", (code) => (clearTimeout(timer), failed(new Error(`tow serve ended with ${code}:\n${text}`))));
  });

export class Server {
  // What `more` answers stands in the environment too; it learns the address first.
  static async begin(more = async () => ({})) {
    const server = new Server();
    server.folder = await mkdtemp(join(tmpdir(), "tow-journeys-"));
    await chmod(server.folder, 0o711); // started as root, PostgreSQL runs as somebody who must get in
    server.port = await freePort();
    server.url = `http://localhost:${server.port}`;
    server.more = await more(server);
    const secrets = ["APP_SECRET", "DATA_ENCRYPTION_KEY"].map((name) => `${name}=${randomBytes(32).toString("hex")}\n`);
    await writeFile(join(server.folder, ".env"), secrets.join(""), { mode: 0o600 });
    try {
      [, server.token] = await server.start(/^(?=[\s\S]*listening on)[\s\S]*Set-up token: (\S+)\s/);
    } catch (error) {
      await server.end();
      throw error;
    }
    return server;
  }

  async start(words = /listening on/) {
    this.child = spawn(PROGRAM, ["serve"], { cwd: this.folder, env: { ...environment(this.port), ...this.more } });
    return said(this.child, words);
  }

  async stop() {
    const { child } = this;
    if (child.exitCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  async end() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

// Another subcommand beside the running server of this folder; resolves to what it printed.
export const tow = async ({ folder, port }, ...args) => {
  const { stdout } = await promisify(execFile)(PROGRAM, args, { cwd: folder, env: environment(port) });
  return stdout;
};

// What only time does, without waiting for it. The folder of the database's socket lets in its owner alone.
export const sql = async ({ folder }, statement) => {
  const [, , , , socket] = (await readFile(join(folder, "data/postgres/postmaster.pid"), "utf8")).split("\n");
  const versions = await readdir("/usr/lib/postgresql");
  const psql = [`/usr/lib/postgresql/${versions.sort().at(-1)}/bin/psql`, "-Xqc", statement, "-h", socket, "-U", "postgres", "tow"];
  const [program, ...args] = process.getuid() === 0 ? ["runuser", "-u", "postgres", "--", "env", "-C", "/", ...psql] : psql;
  await promisify(execFile)(program, args);
};

// Whoever is signed in with this address did so an hour ago.
export const age = (world, email) =>
  sql(world, `update sessions s set authenticated_at = authenticated_at - interval '1 hour' from people p where p.id = s.person_id and p.email = '${email}'`);
