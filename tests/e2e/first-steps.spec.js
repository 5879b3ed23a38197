// The first minutes on a new server.
import { test, expect } from "./journey.js";
import { OWNER } from "./named.js";
import { Server } from "./server.js";

test.use({ storageState: undefined, timezoneId: "America/Halifax" });

test("a newcomer sets the server up, makes a project and a ticket", async ({ page, watch }) => {
  watch.expected.push(/status of 422/);
  const server = await Server.begin();
  try {
    await page.goto(server.url);
    await expect(page).toHaveURL(/\/setup$/);
    await expect(page.getByLabel("Time zone")).toHaveValue("America/Halifax");
    await page.getByLabel("Set-up token").fill("not-the-token");
    await page.getByLabel("Name of the organisation").fill("Halden");
    await page.getByLabel("Your name").fill(OWNER.name);
    await page.getByLabel("Your e-mail").fill(OWNER.email);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByRole("button", { name: "Set up" }).click();

    const token = page.getByLabel("Set-up token");
    await expect(token).toHaveAccessibleDescription(/This is not the token/);
    await expect(token).toHaveValue("not-the-token");
    await expect(page.getByLabel("Name of the organisation")).toHaveValue("Halden");
    await token.fill(server.token);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByRole("button", { name: "Set up" }).click();

    await expect(page.getByRole("heading", { name: "Make your first project" })).toBeVisible();
    await page.getByLabel("Name", { exact: true }).fill("Atlas");
    await page.getByRole("button", { name: "Create project" }).click();
    await expect(page.getByRole("heading", { name: "Atlas" })).toBeVisible();

    await page.getByRole("link", { name: "Tickets", exact: true }).first().click();
    await page.getByRole("link", { name: "New ticket" }).first().click();
    await page.getByLabel("Title").fill("Moor the first ferry");
    await page.getByRole("button", { name: "Create ticket" }).click();
    await expect(page.getByRole("heading", { name: "Moor the first ferry" })).toBeVisible();
  } finally {
    await server.end();
  }
});

test("an ended session leads through signing in back to the same page; a form with an old token can be sent again", async ({
  page,
  ada,
  watch,
}) => {
  watch.expected.push(/status of 403/);
  const project = await ada.project("Signing in", "SIGN");
  const ticket = await ada.ticket(project, "Read me after signing in");
  const signIn = async (at) => {
    await at.getByLabel("E-mail").fill(OWNER.email);
    await at.getByLabel("Password").fill(OWNER.password);
    await at.getByRole("button", { name: "Sign in", exact: true }).click();
  };
  await page.goto(`/tickets/${ticket}?show=comments`);
  await signIn(page);
  await expect(page).toHaveURL(new RegExp(`/tickets/${ticket}\\?show=comments$`));

  await page.goto(`/tickets/new?project=${project}`);
  await page.getByLabel("Title").fill("Written before the session ended");
  await page.context().clearCookies();
  const other = await page.context().newPage();
  await other.goto("/projects");
  await signIn(other);
  await expect(other.getByRole("heading", { name: "Projects" })).toBeVisible();
  await page.getByRole("button", { name: "Create ticket" }).click();
  await expect(page.getByText("Your text is still here")).toBeVisible();
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByRole("heading", { name: "Written before the session ended" })).toBeVisible();
});
