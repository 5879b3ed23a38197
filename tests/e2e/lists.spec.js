// Lists and the board: keyboard, palette, views, many at once, dragging, the heat map.
import { test, expect, mark, expectSamePage, scan } from "./journey.js";

test("a list is worked through with the keyboard alone", async ({ page, ada }) => {
  const project = await ada.project("Keyboard", "KEYS");
  for (const title of ["First berth", "Second berth", "Third berth"]) await ada.ticket(project, title);
  await page.goto(`/tickets?project=${project}`);
  const rows = page.locator(".row");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(rows.nth(1)).toHaveAttribute("data-state", "cursor");
  await page.keyboard.press("k");
  await expect(rows.nth(0)).toHaveAttribute("data-state", "cursor");
  await page.keyboard.press("x");
  await expect(page.locator(".bulk-bar")).toContainText("1 selected");
  await page.keyboard.press("Escape");
  await expect(page.locator(".bulk-bar")).toBeHidden();
  await page.keyboard.press("j");
  const title = await rows.nth(1).locator(".row-title a").textContent();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: title, level: 1 })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.waitForURL(/\/tickets(\?|$)/, { waitUntil: "load" });
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toContainText("New ticket");
  await page.keyboard.press("Escape");
  await page.keyboard.press("c");
  await expect(page.getByRole("textbox", { name: "Title" })).toBeFocused();
});

test("the palette finds in spite of a slip, by ID, and creates", async ({ page, ada }) => {
  const project = await ada.project("Palette", "PAL");
  const ticket = await ada.ticket(project, "Lighthouse bulbs");
  await page.goto("/projects");
  const open = async (words) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search or run a command" }).fill(words);
  };
  const found = page.getByRole("option", { name: /Lighthouse bulbs/ });
  await expect(async () => {
    await page.reload();
    await open("Lighthose bulbs");
    await expect(found).toBeVisible({ timeout: 1500 });
  }).toPass({ timeout: 20_000 });
  await page.keyboard.press("Escape");
  await expect(page.locator(".palette"), "closed for the eye, too").toBeHidden();
  await open(ticket);
  await expect(found).toBeVisible();
  await scan(page);
  await found.click();
  await expect(page.getByRole("heading", { name: "Lighthouse bulbs" })).toBeVisible();
  await open("new ticket");
  await expect(page.getByRole("option", { name: "New ticket" })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Title" })).toBeFocused();
});

test("a list is asked in TQL, and what can follow is offered", async ({ page, ada, watch }) => {
  watch.expected.push(/status of 422/); // a query with a slip
  const project = await ada.project("Asking", "ASK");
  for (const title of ["Keel", "Mast", "Sail"]) await ada.ticket(project, title);
  await page.goto(`/tickets?project=${project}`);
  await page.getByRole("link", { name: "TQL" }).click();
  const box = page.getByRole("combobox", { name: "Query in TQL" });
  await expect(box).toHaveValue("status_category != done ORDER BY updated DESC");
  await expect(page.locator(".row")).toHaveCount(3);
  await box.fill("");
  await box.pressSequentially("summ");
  await expect(page.getByRole("option", { name: "summary" })).toBeVisible();
  await scan(page);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(box).toHaveValue("summary ");
  await expect(page.getByRole("option", { name: "~", exact: true })).toBeVisible();
  await box.pressSequentially("~ mast ");
  await expect(page.getByRole("option", { name: "AND" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await expect(page.locator(".row")).toHaveCount(1);
  await expect(page.locator(".row")).toContainText("Mast");
  await page.getByRole("link", { name: "Board" }).last().click();
  await expect(page.getByRole("heading", { name: "Board", level: 1 })).toBeAttached();
  await expect(page.locator(".board")).toContainText("Mast");
  await expect(page.locator(".board")).not.toContainText("Keel");
  await box.fill("sumary ~ mast");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Did you mean summary?")).toBeVisible();
  await expect(box).toHaveAttribute("aria-invalid", "true");
  await scan(page);
  await page.getByRole("link", { name: "Simple filter" }).click();
  await expect(page.getByLabel("Filter by words in the title")).toBeVisible();
});

test("a filter becomes a view; many are archived at once and come back", async ({ page, ada }) => {
  const project = await ada.project("Views", "VIEW");
  for (const title of ["Rope", "Rope ladder", "Anchor"]) await ada.ticket(project, title);
  await page.goto(`/tickets?project=${project}`);
  await page.getByLabel("Filter by words in the title").fill("rope");
  await page.keyboard.press("Enter");
  await expect(page.locator(".row")).toHaveCount(2);
  await page.getByText("Save view", { exact: true }).first().click();
  await page.getByLabel("Name of the view").fill("Ropes");
  await page.getByRole("button", { name: "Save view" }).click();
  await expect(page.getByText("View saved.")).toBeVisible();
  await page.goto(`/tickets?project=${project}`);
  await page.getByRole("link", { name: "Ropes" }).click();
  await expect(page.locator(".row")).toHaveCount(2);

  const tickAll = async () => {
    for (const box of await page.locator(".row-check input").all()) await box.check();
    await expect(page.locator(".bulk-bar")).toContainText("2 selected");
  };
  await tickAll();
  await page.getByRole("button", { name: "Archive", exact: true }).click();
  await expect(page.getByText("2 records archived.")).toBeVisible();
  await expect(page.locator(".row")).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("2 records are back.")).toBeVisible();
  await expect(page.locator(".row")).toHaveCount(2);
  await tickAll();
  await page.getByRole("button", { name: "Archive", exact: true }).click();
  await expect(page.locator(".row")).toHaveCount(0);
  await page.getByRole("link", { name: "Archived", exact: true }).click();
  await expect(page.locator(".row")).toHaveCount(2);
  await tickAll();
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.locator(".row")).toHaveCount(0);
  await page.getByRole("link", { name: "Ropes" }).click();
  await expect(page.locator(".row")).toHaveCount(2);
});

test("a card moves by dragging, by Alt and arrows, and by its menu", async ({ page, ada }) => {
  const project = await ada.project("Cards", "CARD");
  const ticket = await ada.ticket(project, "Move me", { status: "todo" });
  await ada.ticket(project, "Stay here", { status: "in_progress" });
  const column = (status) => page.locator(`[data-sortable][data-status="${status}"]`);
  const card = page.locator(`#card-${ticket}`);
  const moved = () => page.waitForResponse((answer) => answer.url().endsWith("/move") && answer.ok());
  await page.goto(`/board?project=${project}`);
  await mark(page);

  const [from, to] = [await card.boundingBox(), await column("in_progress").boundingBox()];
  const sent = moved();
  // The first movement of a pointer brings the library.
  await page.mouse.move(from.x + 40, from.y + 12);
  await expect(page.locator("[data-sortable=ready]").first()).toBeAttached();
  await page.mouse.down();
  await page.mouse.move(from.x + 60, from.y + 20, { steps: 4 });
  await page.mouse.move(to.x + to.width / 2, to.y + 30, { steps: 12 });
  await page.mouse.up();
  await sent;
  await expect(column("in_progress").locator(`#card-${ticket}`)).toBeVisible();

  const again = moved();
  await card.getByRole("link").focus();
  await page.keyboard.press("Alt+ArrowRight");
  await again;
  await expect(column("in_progress").locator(`#card-${ticket}`)).toHaveCount(0);
  await expectSamePage(page);
  const now = await card.locator("xpath=..").getAttribute("data-status");
  await page.reload();
  await expect(column(now).locator(`#card-${ticket}`)).toBeVisible();

  await page.getByLabel(`Move ${ticket} to`).click();
  await card.getByRole("button", { name: "Done", exact: true }).click();
  await expect(column("done").locator(`#card-${ticket}`)).toBeVisible();
});

test("a card moved again before the first answer stays where it was put last, and so when the page is left at once", async ({ page, ada }) => {
  const project = await ada.project("Haste", "HASTE");
  const ticket = await ada.ticket(project, "Move me twice", { status: "todo" });
  const card = page.locator(`#card-${ticket}`);
  const status = () => card.locator("xpath=..").getAttribute("data-status");
  await page.goto(`/board?project=${project}`);
  const before = await status();

  let release;
  const held = new Promise((done) => (release = done));
  await page.route("**/move", async (route) => (await held, await route.continue()), { times: 1 });
  const first = page.waitForRequest(/\/move$/);
  await card.getByRole("link").focus();
  await page.keyboard.press("Alt+ArrowRight");
  const request = await first;
  await page.keyboard.press("Alt+ArrowRight");
  const second = page.waitForResponse((answer) => answer.url().endsWith("/move") && answer.request() !== request);
  release();
  expect((await second).ok()).toBe(true);
  const last = await status();
  expect(last).not.toBe(before);
  await page.reload();
  expect(await status()).toBe(last);

  await card.getByRole("link").focus();
  await page.keyboard.press("Alt+ArrowLeft");
  await page.goto("/projects");
  await expect(async () => {
    await page.goto(`/board?project=${project}`);
    expect(await status()).not.toBe(last);
  }).toPass();
});

test("a card whose moves are all refused goes back to where it was", async ({ page, ada, watch }) => {
  watch.expected.push(/status of 503/);
  const project = await ada.project("Refused", "REFU");
  const ticket = await ada.ticket(project, "Stay where you are", { status: "todo" });
  const card = page.locator(`#card-${ticket}`);
  const status = () => card.locator("xpath=..").getAttribute("data-status");
  await page.goto(`/board?project=${project}`);
  const before = await status();
  let release;
  const held = new Promise((done) => (release = done));
  await page.route("**/move", async (route) => (await held, await route.fulfill({ status: 503, body: "" })));
  const first = page.waitForRequest(/\/move$/);
  await card.getByRole("link").focus();
  await page.keyboard.press("Alt+ArrowRight");
  await first;
  await page.keyboard.press("Alt+ArrowRight");
  expect(await status()).not.toBe(before);
  const second = page.waitForRequest(/\/move$/);
  release();
  await second;
  await expect.poll(status).toBe(before);
});

test("a key that steps through a filter has chosen nothing until Enter, or until the filter is left", async ({ page, ada }) => {
  const project = await ada.project("Steps", "STEP");
  await ada.ticket(project, "Lower the boat", { priority: "2" });
  await page.goto(`/tickets?project=${project}`);
  const loads = [];
  page.on("request", (request) => request.isNavigationRequest() && loads.push(request.url()));
  const priority = page.getByRole("combobox", { name: "Priority" });
  await priority.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(priority).toBeFocused();
  await page.keyboard.press("Enter");
  await page.waitForURL(/priority=2/);
  expect(loads, "once, and not at each step").toHaveLength(1);
  await expect(page.getByRole("link", { name: "Lower the boat" })).toBeVisible();
});

test("a cell of the heat map narrows the list, and back", async ({ page, ada }) => {
  const project = await ada.project("Storms", "STORM");
  await ada.risk(project, "The pier gives way", { likelihood: "2", impact: "5" });
  await ada.risk(project, "The radio fails", { likelihood: "4", impact: "3" });
  await page.goto(`/risks?project=${project}`);
  const rows = page.locator(".row");
  await expect(rows).toHaveCount(2);
  await page.getByRole("link", { name: /^1 risk: unlikely/ }).click();
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("The pier gives way");
  await page.getByRole("link", { name: "Show all" }).click();
  await expect(rows).toHaveCount(2);
});
