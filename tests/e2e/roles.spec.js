// A custom role: asked for by somebody who signed in long ago and has no scripts, given, explained, and kept while it is held.
import { test, expect } from "./journey.js";
import { Person } from "./person.js";
import { age } from "./server.js";

test("a custom role is made after confirming, its form kept meanwhile; it is given, explained, and not deleted while held", async ({
  browser,
  watch,
  world,
}) => {
  watch.expected.push(/status of 422/);
  const [olga, rune] = [await Person.join(world, "Olga Strand", "owner"), await Person.join(world, "Rune Berg")];
  await olga.project("Night watch", "NIGHT", { visibility: "restricted" });
  const storageState = await olga.http.storageState();
  const plain = await browser.newContext({ baseURL: world.url, storageState, javaScriptEnabled: false });
  const bare = await plain.newPage();
  await bare.goto("/settings/roles/new");
  await bare.getByRole("textbox", { name: "Name" }).fill("Watch keeper");
  await bare.getByLabel("What is it for?").fill("Looks after every project.\nAlso at night.");
  await bare.getByLabel("Act as admin in every project, restricted ones included").check();
  await age(world, olga.email);
  await bare.getByRole("button", { name: "Create role" }).click();
  await expect(bare.getByText("Make the role “Watch keeper”.")).toBeVisible();
  await bare.getByLabel("Password").fill(olga.password);
  await bare.getByRole("button", { name: "Confirm" }).click();
  await expect(bare.getByRole("heading", { name: "It is you. Send it?" })).toBeVisible();
  await bare.getByRole("button", { name: "Do it" }).click();
  await expect(bare.getByRole("heading", { name: "Watch keeper" })).toBeVisible();
  await expect(bare.getByLabel("What is it for?")).toHaveValue("Looks after every project.\nAlso at night.");
  const role = bare.url();
  const page = await watch.over(await browser.newContext({ baseURL: world.url, storageState: await plain.storageState() })).newPage();
  await plain.close();

  const explained = page.getByRole("heading", { name: /Rune Berg .*Night watch/ });
  await page.goto("/settings/access/explain?user=rune.berg&record=NIGHT");
  await expect(explained).toContainText("cannot see");
  await page.goto("/people/rune.berg");
  await page.getByLabel(/Give Rune Berg/).selectOption("Watch keeper");
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.getByRole("link", { name: "Watch keeper" })).toBeVisible();
  await page.goto("/settings/access/explain?user=rune.berg&record=NIGHT");
  await expect(explained).not.toContainText("cannot see");

  await page.goto(role);
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("alert")).toContainText("Rune Berg");
  await page.goto("/people/rune.berg");
  await page.getByRole("button", { name: /Watch keeper/ }).click();
  await expect(page.getByText("no longer holds the role")).toBeVisible();
  await page.goto(role);
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No custom roles yet")).toBeVisible();
  await Promise.all([olga.leave(), rune.leave()]);
});
