// A colleague is invited by a link, joins in a browser of their own, and finds what was granted and nothing else.
import { test, expect } from "./journey.js";

test("an invited person joins by the link and reaches exactly the granted project", async ({ page, ada, browser, watch, world }) => {
  watch.expected.push(/status of 404/);
  await ada.project("Lamp room", "LAMP", { visibility: "restricted" });
  await ada.project("Engine house", "ENGINE", { visibility: "restricted" });
  const ticket = await ada.ticket("LAMP", "Trim the wick");
  const hidden = await ada.ticket("ENGINE", "Oil the bearings");

  await page.goto("/settings/members");
  await page.getByRole("link", { name: "Invite", exact: true }).click();
  await page.getByRole("combobox", { name: "Lamp room" }).selectOption("Viewer");
  await page.getByRole("button", { name: "Invite" }).click();
  const link = await page.getByRole("textbox", { name: "The link" }).inputValue();

  const context = watch.over(await browser.newContext({ baseURL: world.url, storageState: undefined }));
  const theirs = await context.newPage();
  await theirs.goto(link);
  await expect(theirs).toHaveURL(/\/invitation$/);
  await theirs.getByLabel("Name").fill("Ines Faro");
  await theirs.getByLabel("E-mail").fill("ines.faro@elsewhere.example");
  await theirs.getByLabel("Password").fill("short");
  await theirs.getByLabel("Password").evaluate((field) => field.removeAttribute("minlength"));
  watch.expected.push(/status of 422/);
  await theirs.getByRole("button", { name: "Create my account" }).click();
  await expect(theirs.getByText("Use at least 12 characters")).toBeVisible();
  await expect(theirs.getByLabel("Name")).toHaveValue("Ines Faro");
  await theirs.getByLabel("Password").fill("nine green lanterns");
  await theirs.getByRole("button", { name: "Create my account" }).click();

  await theirs.goto(`/tickets/${ticket}`);
  await expect(theirs.getByRole("heading", { name: "Trim the wick" })).toBeVisible();
  await theirs.goto(`/tickets/${hidden}`);
  await expect(theirs.getByRole("heading", { name: "Nothing here, or nothing for you" })).toBeVisible();
  await theirs.goto("/projects");
  await expect(theirs.getByRole("link", { name: "Engine house" })).toHaveCount(0);

  const other = await watch.over(await browser.newContext({ baseURL: world.url, storageState: undefined })).newPage();
  await other.goto(link);
  await expect(other.getByRole("heading", { name: "This invitation was used" })).toBeVisible();
  await page.goto("/settings/invitations?state=ended");
  await expect(page.getByRole("row", { name: /Whoever has the link.*Accepted/ }).first()).toBeVisible();
});
