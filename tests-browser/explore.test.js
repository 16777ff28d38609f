// The own view of a table, as a reader makes it: with the keyboard, from an address, and taken away as a file.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { address, barriers, pages, release, startBrowser, withAxe } from "./site.js";

const tables = pages().filter((name) => /table-/.test(name));

let browser;
let page;
let complaints;

before(async () => {
  browser = await startBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  await withAxe(page);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
});

after(() => browser?.close());

/** Opens a table with the view that `hash` names; without one, by the button. */
async function open(name, hash = "") {
  complaints = [];
  // Another hash alone would not load the page again.
  await page.goto("about:blank");
  await page.goto(address(name) + hash);
  if (!(await page.locator("#explore").count())) return false;
  if (!hash) await page.locator("#explore > button").click();
  await page.locator("#explore[data-ready]").waitFor();
  return true;
}

/** The data set of a table as it is published. */
function dataset(name) {
  const id = path.basename(name, ".html").replace("table-", "");
  return JSON.parse(readFileSync(path.join(release, "data", id, `${id}.json`), "utf8"));
}

/** The table of the view: the texts of its cells. */
const rows = () =>
  page.locator("#explore table tr").evaluateAll((all) =>
    all.map((row) => [...row.cells].map((cell) => cell.querySelector("[aria-hidden]")?.textContent ?? cell.textContent)),
  );

/** A file that the view gives, as bytes. */
async function file(button) {
  const waiting = page.waitForEvent("download");
  await page.locator(".buttons button", { hasText: button }).click();
  const given = await waiting;
  return { name: given.suggestedFilename(), bytes: readFileSync(await given.path()) };
}

/** The rows of a CSV file without line breaks in its fields. */
function read(csv) {
  const fields = (line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((m) => m[1].replace(/^"|"$/g, "").replaceAll('""', '"'));
  const [head, ...lines] = csv.trimEnd().split("\r\n").map((line) => fields(line));
  return lines.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i]])));
}

/** A published figure by codes: a count, `Q` or nothing. */
function published(set, codes) {
  const at = set.id.reduce((sum, id, d) => sum * set.size[d] + set.dimension[id].category.index.indexOf(codes[id]), 0);
  return set.value[at] ?? set.status?.[at] ?? null;
}

test("each table has a view of its own that no rule of WCAG is broken by", async () => {
  const faults = [];
  let opened = 0;
  for (const name of tables) {
    if (!(await open(name))) continue;
    opened += 1;
    for (const rule of await barriers(page)) faults.push(`${name}: ${rule.id} at ${rule.nodes[0].target.join(" ")}`);
    for (const complaint of complaints) faults.push(`${name}: ${complaint}`);
    if ((await page.locator("#explore svg[role=img] > title").innerText) === "") faults.push(`${name}: no title`);
    const heads = await rows();
    if (heads.length < 2 || heads[0].length < 2) faults.push(`${name}: an empty table`);
  }
  assert.ok(opened > 0, "no table has a view of its own");
  assert.deepEqual(faults, []);
});

test("the file of a view has what is seen, and each figure is the published one", async () => {
  let compared = 0;
  for (const name of tables.filter((name) => name.startsWith("en/"))) {
    if (!(await open(name))) continue;
    const given = await file("CSV");
    assert.match(given.name, /\.csv$/);
    const lines = read(given.bytes.toString("utf8"));
    const set = dataset(name);
    const seen = (await rows()).slice(1).flatMap((row) => row.slice(1));
    assert.equal(lines.length, seen.length, name);
    lines.forEach((line, i) => {
      const figure = published(set, line);
      if (line.value !== "") assert.equal(Number(line.value), figure, `${name}: ${JSON.stringify(line)}`);
      if (line.status === "suppressed") assert.equal(figure, "Q", `${name}: ${JSON.stringify(line)}`);
      if (line.status === "suppressed") assert.equal(seen[i], "×");
      if (line.value !== "") assert.equal(Number(seen[i].replaceAll(",", "")), figure);
      compared += 1;
    });
  }
  assert.ok(compared > 50, `${compared} figures compared`);
});

/** The table with the most dimensions that have a total. */
function widest() {
  const counted = tables
    .filter((name) => name.startsWith("en/"))
    .map((name) => [name, dataset(name)])
    .map(([name, set]) => [name, set.id.filter((id) => set.dimension[id].category.index.includes("_T")).length]);
  return counted.sort((a, b) => b[1] - a[1])[0][0];
}

test("an address restores its view, also with the other language", async () => {
  const name = widest();
  await open(name);
  const options = await page.locator("#explore-columns option").evaluateAll((all) => all.map((o) => o.value));
  const now = await page.locator("#explore-columns").inputValue();
  const other = options.find((value) => value !== now && value !== "-1");
  await page.locator("#explore-columns").selectOption(other);
  const shares = page.locator("#explore-as option[value=share]");
  if (await shares.count()) await page.locator("#explore-as").selectOption("share");
  await page.locator("#explore details summary").last().click();
  await page.locator("#explore details").last().locator("input:checked").first().click();
  const before = await rows();
  const hash = new URL(page.url()).hash;
  assert.match(hash, /rows=/);
  await open(name, hash);
  assert.deepEqual(await rows(), before);
  await open(name.replace("en/", "nl/"), hash);
  assert.equal((await rows()).length, before.length);
});

test("an address that asks for what is not there gives the first view", async () => {
  const name = widest();
  await open(name);
  const first = await rows();
  await open(name, "#rows=nonsense&by=%F0%9F%98%80&as=<b>&at.x=1&of.year=");
  assert.deepEqual(await rows(), first);
  assert.deepEqual(complaints, []);
});

test("the keyboard alone makes a view, and keeps its place", async () => {
  const name = widest();
  await open(name);
  await page.locator("#explore-rows").focus();
  const before = await rows();
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction((was) => document.querySelector("#explore table").innerText !== was, before.join());
  assert.equal(await page.evaluate(() => document.activeElement.id), "explore-rows");
  assert.notEqual(await page.locator("#explore [role=status]").innerText(), "");
});

test("a view can be taken as a picture that needs no style sheet", async () => {
  await open(widest());
  const { bytes } = await file("SVG");
  const text = bytes.toString("utf8");
  assert.doesNotMatch(text, / class=|var\(--/);
  const other = await browser.newPage();
  await other.setContent(`<img alt="" src="data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}">`);
  const width = await other.locator("img").evaluate((img) => img.decode().then(() => img.naturalWidth));
  await other.close();
  assert.equal(width, 800);
  const png = await file("PNG");
  assert.deepEqual([...png.bytes.subarray(1, 4)], [..."PNG"].map((c) => c.charCodeAt(0)));
  assert.equal(png.bytes.readUInt32BE(16), 1600);
});

test("on a screen of 320 pixels the view fits", async () => {
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = [];
  for (const name of tables) {
    if (!(await open(name))) continue;
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 320) wide.push(`${name}: ${width} pixels wide`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.deepEqual(wide, []);
});
