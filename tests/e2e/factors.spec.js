// An authenticator app, the question who one is before something sensitive, and the token that comes of it.
import { createHmac } from "node:crypto";
import { test, expect } from "./journey.js";
import { Person } from "./person.js";
import { age } from "./server.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_MS = 30_000;

// RFC 6238 with the usual six digits of SHA-1; `later` steps from now.
const code = (key, later = 0) => {
  const bits = [...key].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const seed = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + later));
  const hash = createHmac("sha1", seed).update(counter).digest();
  const at = hash.at(-1) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
};

test("an authenticator app guards the account, is asked before a token is made, and the token works until it is revoked", async ({
  browser,
  watch,
  world,
}) => {
  const tova = await Person.join(world, "Tova Lind");
  const context = watch.over(await browser.newContext({ baseURL: world.url, storageState: undefined }));
  const page = await context.newPage();
  const signIn = async () => {
    await page.goto("/sign-in?back=/settings/me/factors");
    await page.getByLabel("E-mail").fill(tova.email);
    await page.getByLabel("Password").fill(tova.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  };
  await signIn();

  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  const key = (await page.locator("#key").textContent()).replaceAll(" ", "");
  await page.locator("#code").fill(code(key));
  await page.locator("main button[type=submit]").click();
  await expect(page.getByRole("heading", { name: "Recovery codes" })).toBeVisible();
  const recovery = (await page.locator("pre").textContent()).trim().split("\n");
  await page.getByRole("link", { name: "I have written them down" }).click();
  await expect(page.getByText("Authenticator app").first()).toBeVisible();

  await context.clearCookies();
  await signIn();
  await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
  await page.getByText("Neither at hand?").click();
  await page.locator("#recovery_code").fill(recovery[0]);
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await expect(page.getByRole("heading", { name: "Second factors" })).toBeVisible();

  await page.goto("/settings/me/tokens/new");
  await page.getByLabel("Name").fill("Nightly report");
  await page.getByLabel("Tickets").selectOption("read");
  await age(world, tova.email);
  await page.getByRole("button", { name: "Create token" }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
  await expect(dialog.getByLabel("Password")).toHaveCount(0);
  await dialog.getByRole("link", { name: "Not now" }).click();
  await expect(page.getByLabel("Name")).toHaveValue("Nightly report");
  await page.getByRole("button", { name: "Create token" }).click();
  watch.expected.push(/status of 422/);
  await dialog.getByLabel("Code").fill("000000");
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await expect(dialog.getByText("does not fit")).toBeVisible();
  await dialog.getByLabel("Code").fill(code(key, 1)); // that of this half minute was used to begin with
  await dialog.getByRole("button", { name: "Confirm" }).click();

  const token = await page.getByRole("textbox", { name: "Nightly report" }).inputValue();
  const me = () => tova.http.get("/api/v1/me", { headers: { authorization: `Bearer ${token}` } });
  expect((await me()).status()).toBe(200);
  await page.goto("/settings/me/tokens");
  await expect(page.getByRole("row", { name: /Nightly report/ })).toContainText("used once");
  expect(await page.content()).not.toContain(token);
  await page.getByRole("button", { name: "Revoke Nightly report" }).click();
  await expect(page.getByText("No tokens yet")).toBeVisible();
  const refused = await me();
  expect([refused.status(), (await refused.json()).detail]).toEqual([401, expect.stringContaining("revoked")]);
  await tova.leave();
});
