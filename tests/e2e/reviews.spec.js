// An access review, from its beginning to the file that the auditor gets: one line is confirmed, one is taken away, it is signed.
import { readFile } from "node:fs/promises";
import { test, expect, expectNoSidewaysScroll } from "./journey.js";
import { OWNER } from "./named.js";
import { Person } from "./person.js";
import { Server } from "./server.js";

test.use({ storageState: undefined, acceptDownloads: true });

test("a review is begun, answered line by line, signed and exported; what is revoked is gone", async ({ browser, watch }) => {
  test.setTimeout(120_000);
  const server = await Server.begin();
  try {
    const ada = await Person.come(server.url);
    await ada.send("/setup", { token: server.token, organisation: "Halden", mode: "founder", ...OWNER }, "/setup");
    const wren = await Person.join(server, "Wren Aldous");
    const context = watch.over(await browser.newContext({ baseURL: server.url, storageState: await ada.http.storageState() }));
    const page = await context.newPage();

    await page.goto("/settings/reviews");
    await expect(page.getByRole("heading", { name: "No review yet" })).toBeVisible();
    await page.getByRole("button", { name: "Begin a review" }).click();
    await expect(page.getByText("0 of 2 answered")).toBeVisible();

    await page.getByRole("button", { name: "Confirm owner of Ada Lindqvist" }).click();
    await expect(page.getByRole("row", { name: /Ada Lindqvist/ }).getByText("confirmed")).toBeVisible();
    await page.getByLabel("What was found").fill("Too early.");
    watch.expected.push(/status of 422/);
    await page.getByRole("button", { name: "Sign the review" }).click();
    await expect(page.getByText(/line is still open/)).toBeVisible();
    await expect(page.getByLabel("What was found")).toHaveValue("Too early.");

    expect((await wren.http.get("/projects", { maxRedirects: 0 })).status()).toBe(200);
    await page.getByRole("button", { name: "Revoke member of Wren Aldous" }).click();
    await expect(page.getByRole("row", { name: /Wren Aldous/ }).getByText("revoked")).toBeVisible();
    expect((await wren.http.get("/projects", { maxRedirects: 0 })).status()).toBe(303);

    await page.getByLabel("What was found").fill("Wren has left the harbour office.");
    await page.getByRole("button", { name: "Sign the review" }).click();
    await expect(page.getByText("signed by Ada Lindqvist")).toBeVisible();
    await expect(page.getByText("Wren has left the harbour office.")).toBeVisible();
    await expect(page.getByRole("button", { name: /Revoke/ })).toHaveCount(0);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await page.setViewportSize({ width: 1440, height: 900 });

    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "JSON" }).click();
    const file = JSON.parse(await readFile(await (await download).path(), "utf8"));
    expect(file.review.signed_by).toBe("Ada Lindqvist");
    expect(file.lines.map(({ subject, answer }) => [subject, answer])).toEqual([
      ["Ada Lindqvist", "confirmed"],
      ["Wren Aldous", "revoked"],
    ]);
    await page.goto("/settings/reviews");
    await expect(page.getByText("2 of 2 answered · 1 revoked")).toBeVisible();
    await wren.leave();
    await ada.leave();
  } finally {
    await server.end();
  }
});
