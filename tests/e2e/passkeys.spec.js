// A passkey, from adding it to signing in with nothing else.
import { test, expect } from "./journey.js";
import { addDevice } from "./passkeys.js";
import { Person } from "./person.js";

test("a passkey is added once and then opens the account by itself", async ({ browser, watch, world }) => {
  const pia = await Person.join(world, "Pia Strand");
  const context = watch.over(await browser.newContext({ baseURL: world.url, storageState: await pia.http.storageState() }));
  await pia.leave();
  const page = await context.newPage();
  await addDevice(context, page);

  await page.goto("/settings/me/factors");
  await page.getByLabel("Name of the device").fill("Blue phone");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByRole("heading", { name: "Recovery codes" })).toBeVisible();
  await expect(page.locator("pre")).toHaveText(/^([0-9a-z]{4}-){3}[0-9a-z]{4}\n/);
  await page.getByRole("link", { name: "I have written them down" }).click();
  await expect(page.getByText("Blue phone")).toBeVisible();

  await context.clearCookies();
  await page.goto("/sign-in?back=/projects");
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page.getByRole("heading", { name: "Projects", exact: true })).toBeVisible();
  await page.goto("/settings/me");
  await expect(page.getByText("by passkey")).toBeVisible();
});
