// What people write and bring: comments, mentions, tables, attachments; and all of it without a script.
import { test, expect } from "./journey.js";
import { OWNER } from "./named.js";

test("a comment mentions a person and a record from popups, and a script in it is shown as text", async ({ page, ada }) => {
  const project = await ada.project("Talk", "TALK");
  const other = await ada.ticket(project, "Gangway hinge");
  const ticket = await ada.ticket(project, "<script>alert(1)</script> <img src=x onerror=alert(2)>");
  page.on("dialog", (dialog) => expect(dialog.message(), "no script of a person's text runs").toBe(""));
  await page.goto(`/tickets/${ticket}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("<script>alert(1)</script>");
  const field = page.getByRole("textbox", { name: "Comment" });
  await field.pressSequentially("Ask @ada");
  await page.getByRole("option", { name: /Ada Lindqvist/ }).click();
  await field.pressSequentially(" about #gangway");
  await page.getByRole("option", { name: /Gangway hinge/ }).click();
  await field.pressSequentially(' <script>alert("x")</script> <b onclick="alert(1)">b</b>');
  await page.getByRole("button", { name: "Comment", exact: true }).click();
  const comment = page.locator(".comment");
  await expect(comment).toContainText("alert(");
  await expect(comment.getByRole("link", { name: new RegExp(other) })).toBeVisible();
  await expect(comment.getByText("Ada Lindqvist").nth(1)).toBeVisible();
});

test("a chosen mention is done with: Enter goes on to the next line, and what is written stays when a property changes", async ({ page, ada }) => {
  const project = await ada.project("Lines", "LINES");
  const ticket = await ada.ticket(project, "Two lines");
  await page.goto(`/tickets/${ticket}`);
  const field = page.getByRole("textbox", { name: "Comment" });
  await field.pressSequentially("Ask @ada");
  await expect(page.getByRole("option", { name: /Ada Lindqvist/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(field).toHaveValue(/@ada\S* ?$/);
  await page.waitForTimeout(300); // longer than an offer takes to come
  await page.keyboard.press("Enter");
  await field.pressSequentially("tomorrow");
  await expect(field).toHaveValue(/@ada\S* ?\ntomorrow$/);
  await page.locator("#property-status summary").click();
  await page.getByRole("button", { name: "Blocked", exact: true }).click();
  await expect(page.locator("#property-status")).toContainText("Blocked");
  await expect(field).toHaveValue(/\ntomorrow$/);
  await expect(page.getByText("You have unsaved text")).toHaveCount(0);
});

test("two files dropped together both stay, and typing goes on behind them", async ({ page, ada }) => {
  const project = await ada.project("Crates", "CRATE");
  const ticket = await ada.ticket(project, "Two crates");
  await page.goto(`/tickets/${ticket}`);
  const field = page.getByRole("textbox", { name: "Comment" });
  await field.fill("Look: ");
  const files = await page.evaluateHandle(() => {
    const carried = new DataTransfer();
    for (const name of ["one.txt", "two.txt"]) carried.items.add(new File([name], name, { type: "text/plain" }));
    return carried;
  });
  await field.dispatchEvent("drop", { dataTransfer: files });
  await expect(field).toHaveValue(/one\.txt\]\(\/files\/[\s\S]*two\.txt\]\(\/files\//);
  await field.pressSequentially("Done.");
  await expect(field).toHaveValue(/^Look: [\s\S]*one\.txt\][\s\S]*two\.txt\]\([^)]*\)\s*Done\.$/);
  await page.getByRole("button", { name: "Comment", exact: true }).click();
  await expect(page.locator(".comment")).toContainText("Done.");

  const more = await page.evaluateHandle(() => {
    const carried = new DataTransfer();
    carried.items.add(new File(["three"], "three.txt", { type: "text/plain" }));
    return carried;
  });
  await page.locator("#files").dispatchEvent("drop", { dataTransfer: more });
  await expect(page.locator("#files").getByRole("link", { name: "three.txt" })).toBeVisible();
});

test("a file that is too large is refused beside its field before it travels, and a smaller one goes", async ({ page, ada }) => {
  const project = await ada.project("Heavy loads", "HVY");
  const ticket = await ada.ticket(project, "Weigh the anchor");
  let sent = 0;
  page.on("request", (request) => (sent += request.url().endsWith(`/records/${ticket}/files`)));
  await page.goto(`/tickets/${ticket}`);
  const field = page.locator("#attach");
  await field.setInputFiles({ name: "film.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(25 * 1024 * 1024 + 1) });
  await page.getByRole("button", { name: "Attach", exact: true }).click();
  expect(await field.evaluate((input) => input.validationMessage)).toBe("film.bin is too large. At most 25 MB fit.");
  expect(sent).toBe(0);
  await field.setInputFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("40 tonnes") });
  await page.getByRole("button", { name: "Attach", exact: true }).click();
  await expect(page.getByRole("link", { name: "note.txt" })).toBeVisible();
});

test("a table is looked at before tickets are made of it, and its bad lines are named", async ({ page, ada }) => {
  const project = await ada.project("Tables", "TABLE");
  await page.goto(`/imports/tickets?project=${project}`);
  await page.getByLabel("Where it belongs").selectOption({ label: "Project Tables" });
  await page.getByLabel("File").setInputFiles({
    name: "work.csv",
    mimeType: "text/csv",
    buffer: Buffer.from("title,status,priority\nSplice the hawser,todo,high\nNo such state,flying,high\n"),
  });
  await page.getByRole("button", { name: "Look at it" }).click();
  await expect(page.getByRole("heading", { name: "1 ticket", exact: true })).toBeVisible();
  await expect(page.locator(".row", { hasText: "Line 3" })).toContainText("flying");
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Make 1 ticket" }).click();
  await expect(page.getByText("1 ticket was made.")).toBeVisible();
  await page.goto(`/tickets?project=${project}`);
  await expect(page.locator(".row-title")).toHaveText(["Splice the hawser"]);
});

test.describe("without a script", () => {
  test.use({ javaScriptEnabled: false, storageState: undefined });

  test("one signs in, makes a ticket, changes its status, comments and attaches a file", async ({ page, ada }) => {
    const project = await ada.project("Plain", "PLAIN");
    await page.goto(`/tickets/new?project=${project}`);
    await page.getByLabel("E-mail").fill(OWNER.email);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByLabel("Title").fill("By hand");
    await page.getByRole("button", { name: "Create ticket" }).click();
    await expect(page.getByRole("heading", { name: "By hand" })).toBeVisible();

    await page.locator("summary", { hasText: "Change Status" }).click();
    await page.getByRole("button", { name: "In review" }).click();
    await expect(page.locator("summary", { hasText: "Change Status" })).toContainText("In review");
    await page.getByRole("textbox", { name: "Comment" }).fill("Said without a script.");
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await expect(page.locator(".comment")).toContainText("Said without a script.");
    await page.getByLabel("Choose files").setInputFiles({
      name: "tide.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("High water at 04:12"),
    });
    await page.getByRole("button", { name: "Attach" }).click();
    await expect(page.getByRole("link", { name: "tide.txt" })).toBeVisible();
  });
});
