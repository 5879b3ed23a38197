// A chat in the browser: an answer as it comes, its sources, a card that does nothing by itself, and the same without a script.
import http from "node:http";
import { test, expect, scan, expectNoSidewaysScroll } from "./journey.js";
import { Server } from "./server.js";

test.use({ storageState: undefined });

// Speaks the streamed interface; `script` says what comes at each request.
const provider = async () => {
  const heard = [];
  const script = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", async () => {
      const asked = JSON.parse(body);
      heard.push(asked);
      if (request.url === "/v1/embeddings") {
        const data = asked.input.map((_, index) => ({ index, embedding: Array(asked.dimensions).fill(0.5) }));
        response.setHeader("content-type", "application/json");
        return response.end(JSON.stringify({ data, usage: { prompt_tokens: 7 } }));
      }
      const next = asked.stream ? script.shift() : { text: "A short title" };
      const output = next.call
        ? [{ type: "function_call", call_id: "call_1", name: next.call, arguments: JSON.stringify(next.said) }]
        : [{ type: "message", content: [{ type: "output_text", text: next.text }] }];
      const whole = { status: "completed", model: asked.model, output, usage: { input_tokens: 31, output_tokens: 2 } };
      if (!asked.stream) {
        response.setHeader("content-type", "application/json");
        return response.end(JSON.stringify(whole));
      }
      response.setHeader("content-type", "text/event-stream");
      const send = (event) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      for (const delta of (next.text ?? "").match(/\S+\s*/g) ?? []) {
        send({ type: "response.output_text.delta", delta });
        await new Promise((resolve) => setTimeout(resolve, next.pause ?? 5));
      }
      send({ type: "response.completed", response: whole });
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { heard, script, url: `http://127.0.0.1:${server.address().port}/v1`, end: () => new Promise((resolve) => server.close(resolve)) };
};

test("a question is answered as one looks on, cites what it was made from, and proposes what only a click does", async ({ page, browser, watch }) => {
  watch.expected.push(/favicon/);
  const models = await provider();
  const server = await Server.begin(async ({ url }) => ({
    OPENAI_API_KEY: "sk-journey",
    OPENAI_BASE_URL: models.url,
    TOW_RUNTIME__PUBLIC_APP_URL: url,
    TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS: "127.0.0.1",
  }));
  try {
    await page.goto(server.url);
    await page.getByLabel("Set-up token").fill(server.token);
    await page.getByLabel("Name of the organisation").fill("Halden");
    await page.getByLabel("Your name").fill("Ada Lindqvist");
    await page.getByLabel("Your e-mail").fill("ada@halden.example");
    await page.getByLabel("Password").fill("seven quiet ferries at dawn");
    await page.getByRole("button", { name: "Set up" }).click();
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
