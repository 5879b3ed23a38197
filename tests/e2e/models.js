// A model provider for journeys, which speaks both interfaces and keeps what it was told, and a server that asks it.
import http from "node:http";
import { Server } from "./server.js";
import { OWNER } from "./named.js";

// `script` says what comes at each request for a streamed answer.
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
      const next = asked.stream ? script.shift() : { text: "ready" };
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

// Set up, with its owner signed in on this page.
export const beginWithModels = async (page) => {
  const models = await provider();
  const server = await Server.begin(async ({ url }) => ({
    OPENAI_API_KEY: "sk-journey",
    OPENAI_BASE_URL: models.url,
    TOW_RUNTIME__PUBLIC_APP_URL: url,
    TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS: "127.0.0.1",
  }));
  await page.goto(server.url);
  await page.getByLabel("Set-up token").fill(server.token);
  await page.getByLabel("Name of the organisation").fill("Halden");
  await page.getByLabel("Your name").fill(OWNER.name);
  await page.getByLabel("Your e-mail").fill(OWNER.email);
  await page.getByLabel("Password").fill(OWNER.password);
  await page.getByRole("button", { name: "Set up" }).click();
  return { models, server };
};
