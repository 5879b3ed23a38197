// Screens: a phone, a person's own look, and every page from its sample in both themes.
import { test, expect, expectNoSidewaysScroll, scan, scanColours } from "./journey.js";
import { Person } from "./person.js";

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("one goes by the bottom bar, and no page scrolls sideways", async ({ page, ada }) => {
    const project = await ada.project("Pocket", "PHONE");
    const ticket = await ada.ticket(project, "A ticket with a title so long that it has to be cut on a list and wrapped on its page");
    await page.goto(`/projects/${project}`);
    const bar = page.getByRole("navigation", { name: "Phone" });
    await bar.getByRole("link", { name: "Tickets" }).tap();
    await expect(page).toHaveURL(/\/tickets/);
    await page.getByRole("link", { name: /so long/ }).tap();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("so long");
    await bar.getByRole("button", { name: "More" }).tap();
    await expect(bar.getByRole("link", { name: "Projects" })).toBeVisible();
    const pages = [
      `/tickets/${ticket}`,
      "/tickets",
      "/tickets/new",
      "/board",
      "/projects",
      "/projects/new",
      `/projects/${project}`,
      `/projects/${project}/settings`,
      `/projects/${project}/access`,
      `/projects/${project}/ai`,
      "/settings/ai",
      "/settings/ai/calls",
      "/decisions",
      "/decisions/new",
      "/risks",
      "/risks/new",
      "/experiments",
      "/memory",
      "/memory/new",
      "/diffs",
      "/diffs/new",
      "/snapshots",
      "/snapshots/new",
      "/docs",
      "/docs/new",
      "/search?q=title",
    ];
    for (const path of pages) {
      await page.goto(path);
      await expectNoSidewaysScroll(page);
    }
  });
});

// Two halves, one for each worker. In the dark only colours differ: what does not depend on them is not looked at twice.
test.describe("samples", () => {
  test.use({ colorScheme: "light", contextOptions: { reducedMotion: "reduce" } });

  for (const half of [0, 1]) {
    test(`axe finds nothing on any page drawn from its sample, light or dark, half ${half + 1} of 2`, async ({ page, watch }) => {
      test.setTimeout(400_000); // the gallery grows with the product; a slow machine takes twice as long
      // A sample of an answer on its way listens to one that is not there.
      watch.expected.push(/404 .*\/chats\/CHAT-4\/turns\/.*\/stream/);
      await page.goto("/_gallery");
      const paths = await page.locator(".row-title a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
      expect(paths.length).toBeGreaterThan(5);
      for (const path of paths.filter((_, number) => number % 2 === half)) {
        // A fragment is no page: axe sees it where it stands, in the journey of the palette. Asked by the browser, which asks again when
        // the server closes a quiet connection at that moment.
        const drawn = await page.evaluate((path) => fetch(path).then((answer) => answer.text()), path);
        if (!drawn.startsWith("<!doctype html>")) continue;
        await page.emulateMedia({ colorScheme: "light" });
        await page.goto(path);
        await scan(page, `${path} light`);
        await page.emulateMedia({ colorScheme: "dark" });
        await scanColours(page, `${path} dark`);
      }
    });
  }
});

test("a theme and a palette are worn at once and remembered", async ({ browser, watch, world }) => {
  const vera = await Person.join(world, "Vera Night");
  const context = watch.over(await browser.newContext({ baseURL: world.url, storageState: await vera.http.storageState() }));
  await vera.leave();
  const page = await context.newPage();
  const html = page.locator("html");
  const remembered = () => page.waitForResponse((answer) => answer.url().endsWith("/settings/me/look") && answer.ok());
  await page.goto("/settings/me");
  const look = page.getByRole("region", { name: "Appearance" });
  for (const [button, name, value] of [
    ["Dark", "data-theme", "dark"],
    ["Moss", "data-palette", "moss"],
  ]) {
    const kept = remembered();
    await look.getByRole("button", { name: button }).click();
    await expect(html).toHaveAttribute(name, value);
    await kept;
  }
  await page.goto("/projects");
  await expect(html).toHaveAttribute("data-theme", "dark");
  await expect(html).toHaveAttribute("data-palette", "moss");
});

// What crosses the wire at the first visit, with nothing kept; everything but the page itself is kept for ever afterwards.
const MOST_BYTES = 60 * 1024;

test("no page weighs more than 60 KB at the first visit", async ({ page, ada }) => {
  const project = await ada.project("Light", "LIGHT");
  const ticket = await ada.ticket(project, "Weigh the ferry");
  const session = await page.context().newCDPSession(page);
  for (const path of ["/tickets", `/tickets/${ticket}`, "/board", "/docs", "/memory", "/search", "/chats", "/settings/ai"]) {
    await session.send("Network.clearBrowserCache");
    await page.goto(path, { waitUntil: "networkidle" });
    const parts = await page.evaluate(() =>
      ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type)).map((part) => [part.name, part.encodedBodySize]));
    const sum = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
    expect(sum, `${path}: ${parts.join(" ")}`).toBeLessThanOrEqual(MOST_BYTES);
    expect(parts.length, path).toBeGreaterThan(2);
    expect(sum, path).toBeGreaterThan(10_000);
  }
});
