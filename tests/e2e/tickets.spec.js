// One ticket: edited in place, by two people at once, made twice by impatience, written without a connection.
import { test, expect, mark, expectSamePage } from "./journey.js";
import { Server } from "./server.js";
import { Person } from "./person.js";
import { OWNER } from "./named.js";

const property = (page, name) => page.locator("summary", { hasText: name });

test("a status is changed in place by mouse and by keyboard, without loading the page again", async ({ page, ada }) => {
  const project = await ada.project("In place", "PLACE");
  const ticket = await ada.ticket(project, "Repaint the ramp");
  await page.goto(`/tickets/${ticket}`);
  await mark(page);
  await property(page, "Change Status").click();
  await page.getByRole("button", { name: "In progress", exact: true }).click();
  await expect(property(page, "Change Status")).toContainText("In progress");
  await expect(page.locator("#activity")).toContainText("from To do to In progress");

  await property(page, "Change Status").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.getByRole("button", { name: "Done", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect(property(page, "Change Status")).toContainText("Done");
  await expect(property(page, "Change Status")).toBeFocused();
  await expectSamePage(page);
  await page.reload();
  await expect(property(page, "Change Status")).toContainText("Done");
});

test("two people write the same description: both texts are shown; different fields do not meet", async ({ page, ada, watch }) => {
  watch.expected.push(/status of 409/, /status of 422/);
  const project = await ada.project("Races", "RACE");
  const ticket = await ada.ticket(project, "Who was first", { body: "As it was." });
  const other = await page.context().newPage();
  const write = async (at, text) => {
    await at.getByRole("link", { name: "Edit", exact: true }).click();
    await at.getByLabel("Text").fill(text);
  };
  for (const at of [page, other]) await at.goto(`/tickets/${ticket}`);
  await write(page, "What Ada wrote.");
  await write(other, "What Ben wrote.");
  await other.getByRole("button", { name: "Save" }).click();
  await expect(other.locator(".prose").first()).toContainText("What Ben wrote.");

  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Somebody changed this text")).toBeVisible();
  await page.getByText("Show the text as it is saved now").click();
  await expect(page.getByLabel("Saved now:")).toHaveValue(/What Ben wrote\./);
  await expect(page.getByLabel("Text")).toHaveValue("What Ada wrote.");
  await page.getByLabel("Text").fill("What Ada and Ben wrote.");
  await page.getByRole("button", { name: "Keep mine" }).click();
  await expect(page.locator(".prose").first()).toContainText("What Ada and Ben wrote.");

  await property(other, "Change Priority").click();
  await other.getByRole("button", { name: "Urgent" }).click();
  await expect(property(other, "Change Priority")).toContainText("Urgent");
  await property(page, "Change Status").click();
  await page.getByRole("button", { name: "Blocked" }).click();
  await expect(property(page, "Change Status")).toContainText("Blocked");
  await expect(page.getByText("Somebody changed this while")).toHaveCount(0);
});

test("a double click on Create makes one ticket", async ({ page, ada }) => {
  const project = await ada.project("Impatience", "TWICE");
  await page.goto(`/tickets/new?project=${project}`);
  await page.getByLabel("Title").fill("Only once");
  await page.getByRole("button", { name: "Create ticket" }).dblclick();
  await expect(page.getByRole("heading", { name: "Only once" })).toBeVisible();
  await page.goto(`/tickets?project=${project}&show=all`);
  await expect(page.getByRole("link", { name: "Only once" })).toHaveCount(1);
});

test("the next of several is made in the same place and of the same sort; a draft keeps its title", async ({ page, ada }) => {
  await ada.project("Another first", "AAA");
  const project = await ada.project("Several", "MANY");
  await page.goto(`/tickets/new?project=${project}`);
  await page.getByLabel("Title").fill("First of several");
  await page.getByRole("combobox", { name: "Type" }).selectOption("bug");
  await page.getByRole("textbox", { name: "Labels" }).fill("tides");
  await page.getByLabel("Create another").check();
  await page.getByLabel("Title").press("Control+Enter");
  await expect(page.getByText(/^MANY-\d+ is created\.$/)).toBeVisible();
  await expect(page.getByLabel("Title")).toHaveValue("");
  await expect(page.getByRole("combobox", { name: "Where" })).toHaveValue(`project:${project}`);
  await expect(page.getByRole("combobox", { name: "Type" })).toHaveValue("bug");
  await expect(page.getByRole("textbox", { name: "Labels" })).toHaveValue("tides");
  await expect(page.getByLabel("Create another")).toBeChecked();

  page.on("dialog", (dialog) => dialog.accept());
  await page.getByLabel("Title").fill("Half a title");
  await expect.poll(() => page.evaluate(() => JSON.stringify(localStorage))).toContain("Half a title");
  await page.reload();
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(page.getByLabel("Title")).toHaveValue("Half a title");
});

test("the menu of a property has the focus in its field, offers what could be meant, and gives the focus back", async ({ page, ada }) => {
  const project = await ada.project("Parents", "PAR");
  const epic = await ada.ticket(project, "The northern lights", { kind: "epic" });
  const ticket = await ada.ticket(project, "Repaint one of them", { kind: "story" });
  await page.goto(`/tickets/${ticket}`);
  await page.locator("#property-parent summary").click();
  await expect(page.getByRole("combobox", { name: "Parent" })).toBeFocused();
  await page.keyboard.type(epic);
  await expect(page.getByRole("option", { name: /The northern lights/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("combobox", { name: "Parent" })).toHaveValue(epic);
  await page.keyboard.press("Enter");
  await expect(page.locator("#property-parent").getByRole("link", { name: epic })).toBeVisible();
  await expect(page.locator("#property-parent :focus")).toHaveCount(1);
});

test("a word without an end stays on the page, whatever it stands in", async ({ page, ada }) => {
  const long = "Halyard".repeat(36);
  const project = await ada.project(`The harbour and all of its piers, ${"cranes ".repeat(5)}`.slice(0, 80).trim(), "LONG");
  const ticket = await ada.ticket(project, long, { body: `- [ ] ${long}\n\n[${long}](https://example.com)` });
  await ada.ticket(project, "Below it");
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (const path of [`/tickets/${ticket}`, `/tickets?project=${project}`, `/board?project=${project}`, `/docs?project=${project}`, `/docs/new?project=${project}`]) {
      await page.goto(path);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, `${path} at ${width}`).toBeLessThanOrEqual(width);
      if (width < 768) continue;
      const [side, search] = await Promise.all([page.locator(".sidebar"), page.locator(".nav-search")].map((one) => one.boundingBox()));
      expect(search.x + search.width, `the name of the project stays in the sidebar at ${path}`).toBeLessThan(side.x + side.width);
    }
  }
});

test("a draft outlives a reload, and a bar says when the server is away and when it is back", async ({ page, watch }) => {
  watch.expected.push(/ERR_CONNECTION_REFUSED/, /ERR_CONNECTION_RESET/, /ERR_EMPTY_RESPONSE/, /htmx:sendError/, /htmx:afterRequest/);
  const server = await Server.begin();
  try {
    const ada = await Person.come(server.url);
    await ada.send("/setup", { token: server.token, organisation: "Halden", mode: "founder", ...OWNER }, "/setup");
    const project = await ada.project("Away", "AWAY");
    const ticket = await ada.ticket(project, "Written in a tunnel");
    await page.context().addCookies((await ada.http.storageState()).cookies);
    await ada.leave();

    await page.goto(`${server.url}/tickets/${ticket}`);
    page.on("dialog", (dialog) => dialog.accept());
    await page.getByRole("textbox", { name: "Comment" }).fill("Half a thought");
    await expect.poll(() => page.evaluate(() => JSON.stringify(localStorage))).toContain("Half a thought");
    await page.reload();
    await page.getByRole("button", { name: "Restore" }).click();
    await expect(page.getByRole("textbox", { name: "Comment" })).toHaveValue("Half a thought");

    await server.stop();
    await property(page, "Change Status").click();
    await page.getByRole("button", { name: "Done", exact: true }).click();
    const bar = page.getByText("Reconnecting to TOW");
    await expect(bar).toBeVisible();
    await server.start();
    await expect(bar).toBeHidden();
    await expect(page.getByRole("textbox", { name: "Comment" })).toHaveValue("Half a thought");
  } finally {
    await server.end();
  }
});
