// What every journey has: the shared server, its owner signed in, and a watch over the browser. A journey fails on any error in a
// console, any error of a page and any breach of the content policy (Chromium reports those in the console), and each page still
// open at its end is scanned with axe.
import { test as base, expect } from "@playwright/test";
import { AxeBuilder } from "@axe-core/playwright";
import { readFile } from "node:fs/promises";
import { STATE } from "./named.js";
import { Person } from "./person.js";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export const scan = async (page, name = page.url()) => report(await axe(page).withTags(RULES).analyze(), name);

// What may differ between two colour schemes of one document.
export const scanColours = async (page, name) => report(await axe(page).withRules(["color-contrast"]).analyze(), name);

// One document without frames: legacy mode saves axe a second page.
const axe = (page) => new AxeBuilder({ page }).setLegacyMode();

const report = ({ violations }, name) => {
  const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
  expect.soft(found, `axe on ${name}`).toEqual([]);
};

// axe is a script: where none runs, the same addresses are opened once more where they do.
const scanAgain = async (browser, { url }, context) => {
  const seeing = await browser.newContext({ baseURL: url, storageState: await context.storageState(), javaScriptEnabled: true });
  for (const { url } of context.pages().map((page) => ({ url: page.url() }))) {
    const page = await seeing.newPage();
    await page.goto(url);
    await scan(page);
  }
  await seeing.close();
};

// Scripts a page may carry out without being loaded again: the mark is gone after a full load.
export const mark = (page) => page.evaluate(() => (window.isSamePage = true));
export const expectSamePage = async (page) => expect(await page.evaluate(() => window.isSamePage)).toBe(true);

export const expectNoSidewaysScroll = async (page) => {
  const { wide, seen } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, seen: window.innerWidth }));
  expect(wide, `${page.url()} is wider than the screen`).toBeLessThanOrEqual(seen);
};

export const test = base.extend({
  world: [async ({}, use) => use(JSON.parse(await readFile(STATE, "utf8"))), { scope: "worker" }],
  baseURL: async ({ world }, use) => use(world.url),
  storageState: async ({ world }, use) => use(world.state),

  // The owner without a browser.
  ada: async ({ world }, use) => {
    const ada = await Person.come(world.url, world.state);
    await use(ada);
    await ada.leave();
  },

  // Watches contexts; expected.push(/…/) names an error that the journey causes on purpose.
  watch: async ({ browser, javaScriptEnabled, world }, use) => {
    const errors = [];
    const expected = [];
    const contexts = [];
    await use({
      expected,
      over: (context) => {
        contexts.push(context);
        context.on("console", (message) => {
          if (message.type() === "error") errors.push(`${message.text()} ${message.location().url}`);
        });
        context.on("weberror", (error) => errors.push(String(error.error())));
        return context;
      },
    });
    expect(errors.filter((error) => !expected.some((words) => words.test(error)))).toEqual([]);
    for (const context of contexts) {
      if (javaScriptEnabled) for (const page of context.pages()) await scan(page);
      else await scanAgain(browser, world, context);
    }
  },

  page: async ({ context, watch }, use) => use(await watch.over(context).newPage()),
});

export { expect };
