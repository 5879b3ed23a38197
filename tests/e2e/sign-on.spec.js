// Signing in through a real OpenID provider: from an empty server to signing out at both ends; and made, tried, required and got past
// in the settings of a server that began with passwords.
import { test, expect, expectNoSidewaysScroll } from "./journey.js";
import { OWNER } from "./named.js";
import { addDevice } from "./passkeys.js";
import { Person } from "./person.js";
import { begin } from "./provider.js";
import { begin as beginSaml } from "./saml-provider.js";
import { Server } from "./server.js";

test.use({ storageState: undefined });

const SECRET = "between tow and its provider";

const atProvider = async (page, login) => {
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.locator("button[type=submit]").click(); // consent
};

const signOut = async (page) => {
  await page.goto("/settings/me");
  await page.locator(".sidebar-foot summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
  await page.locator("a.button.primary").click();
  await page.waitForURL(/127\.0\.0\.1.*session/);
  await page.getByRole("button", { name: /Yes/ }).click();
  await page.waitForURL(/localhost.*\/sign-in/);
};

test("the first who signs on owns the server; a colleague of an allowed domain joins; both ends are signed out", async ({
  page,
  browser,
  watch,
}) => {
  watch.expected.push(/favicon|fonts\.googleapis/); // of the provider's own pages
  const redirects = {};
  const server = await Server.begin(async ({ url }) => {
    redirects.provider = await begin({ callback: `${url}/sign-on/callback`, after: `${url}/sign-in` });
    return {
      OIDC_CLIENT_SECRET: SECRET,
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

    await page.goto(`${server.url}/settings/groups`);
    await page.getByLabel("Name").fill("Yard");
    await page.getByRole("button", { name: "Create group" }).click();
    await page.goto(`${server.url}/settings/sign-on`);
    await page.getByRole("link", { name: "127.0.0.1", exact: true }).click();
    await page.getByRole("link", { name: "See the rules" }).click();
    await page.getByLabel("Contains").fill("crane");
    await page.getByLabel("Puts people into the group").pressSequentially("Ya");
    await page.getByRole("option", { name: "Yard" }).click();
    await page.getByRole("button", { name: "Add a rule" }).click();
    await expect(page.getByRole("link", { name: "the group Yard" })).toBeVisible();
    await page.getByLabel("Claims").fill('{ "groups": ["crane"] }');
    await page.getByRole("button", { name: "Try", exact: true }).click();
    await expect(page.getByText("A sign-on would give: the group Yard.")).toBeVisible();
    await expectNoSidewaysScroll(page);

    const context = watch.over(await browser.newContext({ baseURL: server.url }));
    const colleague = await context.newPage();
    await colleague.goto("/settings/me");
    await expect(colleague.getByLabel("Password")).toHaveCount(0);
    await colleague.getByRole("link", { name: /Sign in with/ }).click();
    await atProvider(colleague, "wren");
    await expect(colleague).toHaveURL(/\/settings\/me$/);
    await expect(colleague.getByText("wren@halden.example")).toBeVisible();
    await colleague.goto("/people/wren.aldous2");
    await expect(colleague.getByText("Yard by sign-on rule")).toBeVisible();
    await colleague.close();

    await page.request.get("/settings/me");
    await page.goto(`${server.url}/tickets`);
    await page.locator(".sidebar-foot summary").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
  await page.locator("a.button.primary").click();
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

test("an owner makes a connection, tries it, requires it and signs out at both ends; when the provider fails, break-glass opens", async ({
  browser,
  watch,
}) => {
  test.setTimeout(180_000);
  watch.expected.push(/favicon|fonts\.googleapis/);
  let provider;
  const server = await Server.begin(async ({ url }) => {
    provider = await begin({ callback: `${url}/sign-on/callback`, after: `${url}/sign-in` });
    return {
      DATA_ENCRYPTION_KEY: "4f0b9d2e7a61c835d94e0f7b2a86c1d35e7940b8f2a6d1c3",
      TOW_RUNTIME__PUBLIC_APP_URL: url,
      TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS: "127.0.0.1",
    };
  });
  try {
    const begun = await Person.come(server.url);
    await begun.send("/setup", { token: server.token, organisation: "Halden", mode: "founder", ...OWNER }, "/setup");
    const context = watch.over(await browser.newContext({ baseURL: server.url, storageState: await begun.http.storageState() }));
    await begun.leave();
    const page = await context.newPage();
    await addDevice(context, page);
    await page.goto("/settings/me/factors");
    await page.getByLabel("Name of the device").fill("Blue key");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await expect(page.getByRole("heading", { name: "Recovery codes" })).toBeVisible();

    // Made: not yet open to anybody.
    await page.goto("/settings/sign-on");
    await page.getByRole("main").getByRole("link", { name: "New connection" }).click();
    await expect(page.getByRole("textbox", { name: "Redirect address" })).toHaveValue(`${server.url}/sign-on/callback`);
    await page.getByLabel("Name", { exact: true }).fill("Halden ID");
    await page.getByLabel("Issuer").fill(provider.issuer);
    await page.getByLabel("Client ID").fill("tow");
    await page.getByLabel("Client secret").fill(SECRET);
    await page.getByLabel("Sign out at the provider too").check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("The connection is made")).toBeVisible();
    await expect(page.getByText("One is kept, encrypted")).toBeVisible();
    await expectNoSidewaysScroll(page);

    // Tried: the same session goes on, and the account is connected.
    await page.getByRole("link", { name: "Try it" }).click();
    await atProvider(page, "ada");
    await expect(page.getByText("It works: you came back as ada@halden.example")).toBeVisible();
    await page.getByRole("button", { name: "Open to people" }).click();
    await expect(page.getByText("People can sign in through it now")).toBeVisible();

    // Required, once somebody can get past it.
    await page.getByRole("button", { name: "Name an owner" }).click();
    await expect(page.getByText("second factor", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Require Halden ID for everybody" }).click();
    await expect(page.getByText("Everybody must sign in through the provider now")).toBeVisible();

    // Invited, there is no password to choose.
    await page.goto("/settings/invitations/new");
    await page.getByRole("button", { name: "Invite" }).click();
    const link = await page.getByRole("textbox", { name: "The link" }).inputValue();
    const theirs = await watch.over(await browser.newContext({ baseURL: server.url })).newPage();
    await theirs.goto(link);
    await expect(theirs.getByLabel("Password")).toHaveCount(0);
    await theirs.getByRole("link", { name: "Accept with Halden ID" }).click();
    await atProvider(theirs, "wren");
    await expect(theirs.getByText("Halden ID says that you are wren@halden.example")).toBeVisible();
    await theirs.getByRole("button", { name: "Create my account" }).click();
    await theirs.goto("/settings/me");
    await expect(theirs.getByText("wren@halden.example")).toBeVisible();

    // In through it, and out at both ends.
    await context.clearCookies({ domain: "localhost" });
    await page.goto("/settings/sign-on");
    await expect(page.getByLabel("Password")).toHaveCount(0);
    await page.getByRole("link", { name: "Sign in with Halden ID" }).click();
    await expect(page).toHaveURL(/\/settings\/sign-on$/);
    await signOut(page);
    await page.goto("/settings/me");
    await page.getByRole("link", { name: "Sign in with Halden ID" }).click();
    await expect(page.locator("input[name=login]")).toBeVisible(); // the provider has forgotten her too

    // The provider fails: past it, seen by everybody.
    await provider.end();
    await page.waitForTimeout(11_000); // it is believed to be there for ten seconds
    await page.goto("/sign-in");
    await page.getByRole("link", { name: "Sign in with Halden ID" }).click();
    await expect(page.getByText("Halden ID does not answer at the moment")).toBeVisible();
    await page.getByRole("link", { name: "Break-glass, for named owners" }).click();
    await page.getByLabel("E-mail").fill(OWNER.email);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByLabel("Why is this needed?").fill("The provider is down, and the ferry contract is due");
    await page.getByRole("button", { name: "Come in" }).click();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page.getByText("Break-glass session: not for daily work")).toBeVisible();
    await page.getByRole("link", { name: "Review", exact: true }).click();
    await expect(page.getByText("The provider is down, and the ferry contract is due")).toBeVisible();
  } finally {
    await server.end();
    await provider?.end();
  }
});

test("an owner pastes a SAML provider's metadata, tries it and opens it; people sign in through it and confirm there", async ({
  browser,
  watch,
}) => {
  test.setTimeout(120_000);
  watch.expected.push(/favicon/, /status of 422/);
  let provider;
  const server = await Server.begin(async ({ url }) => {
    provider = await beginSaml(`${url}/sign-on/saml`);
    return {
      DATA_ENCRYPTION_KEY: "4f0b9d2e7a61c835d94e0f7b2a86c1d35e7940b8f2a6d1c3",
      TOW_RUNTIME__PUBLIC_APP_URL: url,
      TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS: "127.0.0.1",
    };
  });
  const atSaml = async (page, login) => {
    await page.getByLabel("Login").fill(login);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  try {
    const begun = await Person.come(server.url);
    await begun.send("/setup", { token: server.token, organisation: "Halden", mode: "founder", ...OWNER }, "/setup");
    const context = watch.over(await browser.newContext({ baseURL: server.url, storageState: await begun.http.storageState() }));
    await begun.leave();
    const page = await context.newPage();
    await page.goto("/settings/sign-on/new");
    await page.getByRole("link", { name: "SAML Microsoft Entra ID" }).click();
    await expect(page.getByRole("textbox", { name: /Address for answers/ })).toHaveValue(`${server.url}/sign-on/saml`);
    await expectNoSidewaysScroll(page);
    await page.getByLabel("Name", { exact: true }).fill("Halden SAML");
    await page.getByLabel("Metadata of the provider").fill("<nothing/>");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("This is no SAML 2.0 metadata")).toBeVisible();
    await page.getByLabel("Metadata of the provider").fill(provider.metadata);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("The connection is made")).toBeVisible();
    await expect(page.getByLabel("Entity ID of the provider")).toHaveValue(provider.issuer);
    await expectNoSidewaysScroll(page);

    await page.getByRole("link", { name: "Try it" }).click();
    await atSaml(page, "ada");
    await expect(page.getByText("It works: you came back as ada@halden.example")).toBeVisible();
    await page.getByRole("button", { name: "Open to people" }).click();
    await expect(page.getByText("People can sign in through it now")).toBeVisible();

    // The browser brings the provider's form from another site, without cookies that are Lax; then follows with them.
    await context.clearCookies({ domain: "localhost" });
    await page.goto("/settings/me");
    await page.getByRole("link", { name: "Sign in with Halden SAML" }).click();
    await atSaml(page, "ada");
    await expect(page).toHaveURL(/\/settings\/me$/);

    // A stranger to this server is told so in words.
    const theirs = await watch.over(await browser.newContext({ baseURL: server.url })).newPage();
    await theirs.goto("/sign-in");
    await theirs.getByRole("link", { name: "Sign in with Halden SAML" }).click();
    await atSaml(theirs, "wren");
    await expect(theirs.getByText("may not vouch for addresses of your domain")).toBeVisible();
    expect(provider.asked.length).toBe(3);

    // The server gets a key: from then on questions are signed, answers encrypted, and leaving is said to the provider.
    await page.goto("/settings/sign-on/keys");
    await expectNoSidewaysScroll(page);
    await page.getByRole("button", { name: "Make a key" }).click();
    await expect(page.getByText("Give its certificate to your provider")).toBeVisible();
    provider.learn(await page.getByLabel("Certificate").inputValue());
    await expectNoSidewaysScroll(page);
    await page.goto("/settings/sign-on");
    await page.getByRole("link", { name: "Halden SAML", exact: true }).click();
    await expect(page.getByLabel(/Address where they sign out/)).toHaveValue(provider.out);
    await page.getByLabel(/Sign requests/).check();
    await page.getByLabel(/Sign out at the provider too/).check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved. Try it again")).toBeVisible();
    await context.clearCookies({ domain: "localhost" });
    await page.goto("/settings/me");
    await page.getByRole("link", { name: "Sign in with Halden SAML" }).click();
    await atSaml(page, "ada");
    await expect(page).toHaveURL(/\/settings\/me$/);
    expect(provider.asked.at(-1).Signature).toBeTruthy();
    await page.locator(".sidebar-foot summary").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign out of Halden SAML" }).click();
    await expect(page.getByText("You are signed out, here and at your provider")).toBeVisible();
    expect(provider.leaving[0].SAMLRequest).toBeTruthy();

    // Leaving begins at the provider.
    await page.getByRole("link", { name: "Sign in with Halden SAML" }).click();
    await atSaml(page, "ada");
    await expect(page).toHaveURL(/\/tickets$/);
    const there = await context.newPage();
    await there.goto(provider.out);
    expect(provider.leaving.at(-1).SAMLResponse).toBeTruthy();
    await there.close();
    await page.goto("/settings/me");
    await expect(page).toHaveURL(/\/sign-in/);
  } finally {
    await server.end();
    await provider?.end();
  }
});
