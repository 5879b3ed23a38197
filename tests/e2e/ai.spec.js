// What may leave for the model provider: tested, tried, forbidden, and read in the ledger.
import http from "node:http";
import { test, expect, scan } from "./journey.js";
import { Server } from "./server.js";

test.use({ storageState: undefined });

// Speaks the two interfaces; keeps what it was told.
const provider = async () => {
  const heard = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      const asked = JSON.parse(body);
      heard.push(asked);
      response.setHeader("content-type", "application/json");
      if (request.url === "/v1/embeddings") {
        const data = asked.input.map((_, index) => ({ index, embedding: Array(asked.dimensions).fill(0.5) }));
        return response.end(JSON.stringify({ data, usage: { prompt_tokens: 7 } }));
      }
      const output = [{ type: "message", content: [{ type: "output_text", text: "ready" }] }];
      response.end(JSON.stringify({ status: "completed", model: asked.model, output, usage: { input_tokens: 31, output_tokens: 2 } }));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { heard, url: `http://127.0.0.1:${server.address().port}/v1`, end: () => new Promise((resolve) => server.close(resolve)) };
};

test("the owner tests the connection, switches AI off, and sees what left and what was refused", async ({ page, watch }) => {
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
    await page.getByLabel("Outcome").selectOption({ label: "Refused here" });
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await expect(page.getByRole("row")).toHaveCount(3);
  } finally {
    await server.end();
    await models.end();
  }
});
