// Memory: a page is read, its lines are decided one by one, and what was applied says where it comes from; a snapshot is trusted.
import { test, expect, expectNoSidewaysScroll, scan } from "./journey.js";

test("a page is read, each line is decided alone, and what counts says where it comes from", async ({ page, ada }) => {
  const project = await ada.project("Memory", "MEMO");
  const body = "We must not sail below half a metre.\n\nWe will answer within a day.\n\nWe assume that tides are on time.";
  const doc = await ada.record("docs", project, { title: "Rules of the harbour", body });
  await page.goto(`/docs/${doc}`);
  await page.getByLabel("More actions").first().click();
  await page.getByRole("button", { name: "Extract memory" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Read from a page" })).toBeVisible();
  await scan(page);
  await page.getByRole("region", { name: "Add 1" }).getByRole("button", { name: "Accept" }).click();
  await expect(page.getByRole("region", { name: "Add 1" })).toContainText("Accepted");
  await page.getByRole("region", { name: "Add 2" }).getByRole("link", { name: "Edit" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("Harbour masters get an answer within a day");
  await scan(page);
  await page.getByRole("button", { name: "Accept with these words" }).click();
  await page.getByRole("region", { name: "Add 3" }).getByRole("button", { name: "Refuse" }).click();
  await page.getByRole("button", { name: "Apply 2 accepted changes" }).click();
  await expect(page.getByText("Partly applied")).toBeVisible();
  await page.goto(`/memory?project=${project}`);
  await page.getByRole("link", { name: "Harbour masters get an answer within a day" }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Sources" })).toBeVisible();
  await expect(page.getByText("We will answer within a day.")).toBeVisible();
  await page.getByRole("link", { name: "History" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "History" })).toBeVisible();
});

test("a snapshot is put together, read, and activated", async ({ page, ada }) => {
  const project = await ada.project("Snapshots", "SNAPS");
  await ada.ticket(project, "Dredge the berth", { status: "blocked" });
  await page.goto(`/snapshots/new?project=${project}`);
  await page.getByRole("button", { name: "Create snapshot" }).click();
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("button", { name: "Activate" })).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 20_000 });
  await expect(page.getByRole("heading", { level: 2, name: "Blocked" })).toBeVisible();
  await scan(page);
  await page.getByRole("button", { name: "Activate" }).click();
  await expect(page.getByText(/is active/)).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
});
