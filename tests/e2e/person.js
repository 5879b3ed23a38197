// A person who sends forms without a browser, to lay out what a journey begins with.
import { request } from "@playwright/test";
import { tow } from "./server.js";

const BACK = { maxRedirects: 0 };

export class Person {
  static async come(url, storageState) {
    const person = new Person();
    person.http = await request.newContext({ baseURL: url, storageState });
    return person;
  }

  async csrf(path) {
    const page = await (await this.http.get(path)).text();
    return page.match(/name="_csrf" value="([^"]+)"/)[1];
  }

  // Sends the form found at `from` and resolves to where it led.
  async send(path, form, from = "/projects") {
    const answer = await this.http.post(path, { form: { _csrf: await this.csrf(from), ...form }, ...BACK });
    if (answer.status() !== 303) throw new Error(`${path} answered ${answer.status()}:\n${await answer.text()}`);
    return answer.headers().location;
  }

  signIn(email, password) {
    return this.send("/sign-in", { email, password }, "/sign-in");
  }

  async project(name, key, more = {}) {
    await this.send("/projects", { name, key, visibility: "open", ...more });
    return key;
  }

  // Makes a record in a project and resolves to its ID.
  async record(kinds, project, form) {
    const from = `/${kinds}/new?project=${project}`;
    const page = await (await this.http.get(from)).text();
    const place = page.match(/name="place"[\s\S]*?<option value="([^"]*)" selected/)[1];
    const path = await this.send(`/${kinds}`, { place, ...form }, from);
    return path.split("/").at(-1).split("?")[0];
  }

  ticket(project, title, more = {}) {
    return this.record("tickets", project, { title, kind: "task", status: "todo", priority: "3", ...more });
  }

  risk(project, title, more = {}) {
    return this.record("risks", project, { title, ...more });
  }

  // Somebody new in the organisation, signed in.
  static async join(world, name, role = "member") {
    const email = `${name.split(" ")[0].toLowerCase()}@halden.example`;
    const printed = await tow(world, "user", "create", "--email", email, "--name", name, "--role", role);
    const person = await Person.come(world.url);
    Object.assign(person, { email, password: printed.trim().split("\n")[1] });
    await person.signIn(person.email, person.password);
    return person;
  }

  leave() {
    return this.http.dispose();
  }
}
