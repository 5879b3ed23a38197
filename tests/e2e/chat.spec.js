// A chat in the browser: an answer as it comes, its sources, a card that does nothing by itself, and the same without a script.
import { test, expect, scan, expectNoSidewaysScroll } from "./journey.js";
import { beginWithModels } from "./models.js";

test.use({ storageState: undefined });

test("a question is answered as one looks on, cites what it was made from, and proposes what only a click does", async ({ page, browser, watch }) => {
  watch.expected.push(/favicon/);
  const { models, server } = await beginWithModels(page);
  try {
    await page.goto(`${server.url}/tickets/new`);
    await page.getByLabel("Title").fill("Order steel for the north pier");
    await page.getByRole("button", { name: "Create" }).first().click();
    await expect(page.getByRole("heading", { name: "Order steel for the north pier" })).toBeVisible();

    await page.goto(`${server.url}/chats`);
    await scan(page);
    const words = "Steel is **ordered** by nobody yet. [TOW-1] ![pixel](https://evil.example/p.png) ";
    models.script.push({ text: words + "More follows soon. ".repeat(20), pause: 60 });
    await page.getByLabel("Your question").fill("Who orders steel? TOW-1");
    await page.keyboard.press("Enter");
    await expect(page.locator("[data-chat-said]")).toContainText("ordered by nobody", { timeout: 10_000 });
    await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
    // What is typed meanwhile stays when the answer is whole.
    await page.getByLabel("Your question").fill("And the next");
    await expect(page.locator("a.cite").first()).toBeVisible({ timeout: 20_000 });
    await expect(page.getByLabel("Your question")).toHaveValue("And the next");
    expect(await page.locator("img[src*=evil], a[href*=evil]").count()).toBe(0);
    await expect(page.locator(".sources")).toContainText("TOW-1");
    await scan(page);

    await page.getByRole("link", { name: "What was sent" }).click();
    await expect(page.getByText("Who orders steel? TOW-1").first()).toBeVisible();
    await scan(page);
    await page.goBack();

    models.script.push({ call: "propose_comment", said: { record: "TOW-1", body: "Ask the mill." } }, { text: "I propose a comment." });
    await page.getByLabel("Your question").fill("Say so on the ticket");
    await page.getByRole("button", { name: "Send" }).click();
    await expect(page.getByRole("button", { name: "Apply" })).toBeVisible({ timeout: 10_000 });
    await scan(page);
    // What somebody changes in a card stays when another answer beside it is whole.
    models.script.push({ text: "Meanwhile. ".repeat(30) + "Done.", pause: 60 });
    await page.getByLabel("Your question").fill("And what else?");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("link", { name: "Edit", exact: true }).click();
    await page.getByLabel("Text").fill("Ask the other mill.");
    await expect(page.getByText("Done.")).toBeVisible({ timeout: 20_000 });
    await expect(page.getByRole("button", { name: "Stop" })).toBeHidden();
    await expect(page.getByLabel("Text")).toHaveValue("Ask the other mill.");
    await page.getByRole("button", { name: "Apply" }).click();
    await expect(page.getByText("Applied").first()).toBeVisible();
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);

    // Without a script: the same forms, and a link to look again.
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
    const bare = await plain.newPage();
    await bare.goto(`${server.url}/chats`);
    models.script.push({ text: "Nobody." });
    await bare.getByLabel("Your question").fill("Who then?");
    await bare.getByRole("button", { name: "Send" }).click();
    await expect(async () => {
      await bare.reload();
      await expect(bare.getByText("Nobody.")).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 10_000 });
    await plain.close();
    expect(models.heard.filter((asked) => asked.instructions).every((asked) => asked.store === false)).toBe(true);
  } finally {
    await server.end();
    await models.end();
  }
});
