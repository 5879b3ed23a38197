// A page of the wiki, from template to restored revision.
import { test, expect } from "./journey.js";

const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const pasteImage = (field) =>
  field.evaluate((area, base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], "buoy.png", { type: "image/png" }));
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, DOT);

test("a page begins from a template, is previewed while typing, takes a pasted picture, and goes back to an old revision", async ({
  page,
  ada,
}) => {
  const project = await ada.project("Wiki", "WIKI");
  await page.goto(`/docs?project=${project}`);
  await page.getByRole("link", { name: "New page" }).first().click();
  await page.getByRole("navigation", { name: "Begin with" }).getByRole("link").nth(1).click();
  await expect(page.getByRole("textbox", { name: "Text" })).not.toHaveValue("");
  await page.getByLabel("Title").fill("How we moor");
  await page.getByRole("textbox", { name: "Text" }).fill("## Bow line\n\nFirst the **bow**.");
  const preview = page.locator("#preview");
  await expect(preview.getByRole("heading", { name: "Bow line" })).toBeVisible();
  await expect(preview.locator("strong")).toHaveText("bow");
  await page.getByRole("button", { name: "Create page" }).click();
  await expect(page.getByRole("heading", { name: "How we moor" })).toBeVisible();

  await page.getByRole("link", { name: "Edit", exact: true }).click();
  const text = page.getByRole("textbox", { name: "Text" });
  await text.fill("## Stern line\n\nFirst the **stern**.\n\n");
  await pasteImage(text);
  await expect(text).toHaveValue(/!\[buoy\.png\]\(\/files\//);
  await page.getByRole("button", { name: /Save/ }).click();
  await expect(page.locator(".prose").first()).toContainText("First the stern.");
  await expect(page.locator(".prose img")).toHaveJSProperty("complete", true);
  expect(await page.locator(".prose img").evaluate((image) => image.naturalWidth)).toBeGreaterThan(0);

  await page.getByRole("complementary").getByRole("link", { name: "Compare" }).click();
  await page.getByRole("button", { name: "Compare" }).click();
  await expect(page.locator("del").first()).toContainText("Bow");
  await expect(page.locator("ins").first()).toContainText("Stern");
  await page.goBack();
  await page.getByRole("link", { name: "Revision 1" }).click();
  await page.getByRole("button", { name: "Bring this back" }).click();
  await expect(page.locator(".prose").first()).toContainText("First the bow.");
});
