// What may leave for the model provider: tested, tried, forbidden, and read in the ledger.
import { test, expect, scan } from "./journey.js";
import { beginWithModels } from "./models.js";

test.use({ storageState: undefined });

test("the owner tests the connection, switches AI off, and sees what left and what was refused", async ({ page, watch }) => {
  watch.expected.push(/favicon/);
  const { models, server } = await beginWithModels(page);
  try {
    await page.goto(`${server.url}/settings/ai`);
    await page.getByRole("button", { name: "Test the connection" }).click();
    await expect(page.getByRole("status", { name: "Result of the test" })).toContainText("An answer from the fast model");
    await expect(page.getByText("Working", { exact: true })).toBeVisible();
    expect(models.heard.map((asked) => asked.store)).toEqual([false, undefined]);

    await page.getByLabel("Nothing: AI is off").check();
    await page.locator("form").filter({ hasText: "What may leave" }).getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Switched off")).toBeVisible();
    await page.getByRole("button", { name: "Test the connection" }).click();
    await expect(page.getByRole("status", { name: "Result of the test" })).toContainText("the policy of Halden forbids it");
    expect(models.heard.length).toBe(2);

    await page.getByRole("link", { name: "What left" }).click();
    await expect(page.getByRole("row")).toHaveCount(5);
    await expect(page.getByRole("img", { name: /Most on .* with 2/ })).toBeVisible();
    await scan(page, "ledger");
    await page.getByText("Filters", { exact: true }).click();
    await page.getByLabel("Outcome").selectOption({ label: "Refused here" });
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await expect(page.getByRole("row")).toHaveCount(3);
  } finally {
    await server.end();
    await models.end();
  }
});
