// Signing in through a real OpenID provider, from an empty server to signing out at both ends.
import { test, expect } from "./journey.js";
import { begin } from "./provider.js";
import { Server } from "./server.js";

test.use({ storageState: undefined });

const atProvider = async (page, login) => {
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.locator("button[type=submit]").click(); // consent
};

test("the first who signs on owns the server; a colleague of an allowed domain joins; both ends are signed out", async ({
  page,
  browser,
  watch,
}) => {
  watch.expected.push(/favicon/);
  const redirects = {};
  const server = await Server.begin(async ({ url }) => {
    redirects.provider = await begin({ callback: `${url}/sign-on/callback`, after: `${url}/sign-in` });
    return {
      OIDC_CLIENT_SECRET: "between tow and its provider",
      TOW_RUNTIME__PUBLIC_APP_URL: url,
      TOW_AUTH__MODE: "oidc",
      TOW_AUTH__OIDC__ISSUER: redirects.provider.issuer,
      TOW_AUTH__OIDC__CLIENT_ID: "tow",
      TOW_AUTH__OIDC__PROVIDER_LOGOUT_ENABLED: "true",
      TOW_AUTH__SIGNUP__ALLOWED_DOMAINS: "halden.example",
      TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS: "127.0.0.1",
    };
  });
  try {
    await page.goto(server.url);
    await page.getByLabel("Set-up token").fill(server.token);
    await page.getByLabel("Name of the organisation").fill("Halden");
    await expect(page.getByLabel("Password")).toHaveCount(0);
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByRole("link", { name: /Go on to/ }).click();
    await atProvider(page, "ada");
    await expect(page.getByRole("heading", { name: "Make your first project" })).toBeVisible();
    await page.goto(`${server.url}/settings/sign-on`);
    await expect(page.getByText("from tow.yaml")).toBeVisible();

    const context = watch.over(await browser.newContext({ baseURL: server.url }));
    const colleague = await context.newPage();
    await colleague.goto("/settings/me");
    await expect(colleague.getByLabel("Password")).toHaveCount(0);
    await colleague.getByRole("link", { name: /Sign in with/ }).click();
    await atProvider(colleague, "wren");
    await expect(colleague).toHaveURL(/\/settings\/me$/);
    await expect(colleague.getByText("wren@halden.example")).toBeVisible();
    await colleague.close();

    await page.request.get("/settings/me");
    await page.goto(`${server.url}/tickets`);
    await page.locator(".sidebar-foot summary").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
    await page.waitForURL(/127\.0\.0\.1.*session/);
    await page.getByRole("button", { name: /Yes/ }).click();
    await page.waitForURL(/\/sign-in/);
    await page.goto(`${server.url}/tickets`);
    await expect(page.getByRole("link", { name: /Sign in with/ })).toBeVisible();
  } finally {
    await server.end();
    await redirects.provider?.end();
  }
});
