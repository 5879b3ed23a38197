// Screens: a phone, and every page from its sample in both themes.
import { test, expect, expectNoSidewaysScroll, scan } from "./journey.js";

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
      "/decisions",
      "/decisions/new",
      "/risks",
      "/risks/new",
      "/experiments",
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

for (const colorScheme of ["light", "dark"]) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test(`axe finds nothing on any page drawn from its sample, ${colorScheme}`, async ({ page }) => {
      test.setTimeout(180_000);
      await page.goto("/_gallery");
      const paths = await page.locator(".row-title a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
      expect(paths.length).toBeGreaterThan(5);
      for (const path of paths) {
        await page.goto(path);
        await scan(page, `${path} ${colorScheme}`);
      }
    });
  });
}
