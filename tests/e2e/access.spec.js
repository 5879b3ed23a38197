// Two people, one of them outside.
import { test, expect } from "./journey.js";
import { Person } from "./person.js";

test("a restricted project does not exist for who has no grant, until it is opened to all", async ({ page, ada, browser, watch, world }) => {
  watch.expected.push(/status of 404/);
  const project = await ada.project("Closed", "CLOSED", { visibility: "restricted" });
  const ticket = await ada.ticket(project, "Quietest lighthouse");
  const dov = await Person.join(world, "Dov Halloran");
  const context = watch.over(await browser.newContext({ baseURL: world.url, storageState: await dov.http.storageState() }));
  await dov.leave();
  const outside = await context.newPage();

  await outside.goto(`/tickets/${ticket}`);
  await expect(outside.getByRole("heading", { name: "Nothing here, or nothing for you" })).toBeVisible();
  await page.goto("/search?q=quietest");
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("link", { name: /Quietest/ })).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 20_000 });
  await outside.goto("/search?q=quietest");
  await expect(outside.getByText("No results")).toBeVisible();

  await page.goto(`/projects/${project}/access`);
  await page.getByRole("link", { name: "Open the project" }).click();
  await expect(page.getByRole("region", { name: /gains? access/ })).toContainText("Dov Halloran");
  await page.getByRole("button", { name: "Open the project" }).click();
  await expect(page.getByText("The visibility is changed.")).toBeVisible();
  await outside.goto(`/tickets/${ticket}`);
  await expect(outside.getByRole("heading", { name: "Quietest lighthouse" })).toBeVisible();
});
