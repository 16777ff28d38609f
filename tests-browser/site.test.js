// Opens every page of the site as a reader would: from the disk, without a network.

import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { address, barriers, pages, release, site, startBrowser, withAxe } from "./site.js";

const names = pages();

let browser;
/** page name → what was seen on it */
const seen = new Map();

before(async () => {
  browser = await startBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await withAxe(page);
  for (const name of names) seen.set(name, await visit(page, name));
  await page.close();
});

after(() => browser?.close());

/** Opens a page and notes everything that the tests ask about. */
async function visit(page, name) {
  const complaints = [];
  const requests = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address(name));
  const facts = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    title: document.title,
    h1: document.querySelectorAll("h1").length,
    ids: [...document.querySelectorAll("[id]")].map((element) => element.id),
    redirect: document.querySelector('meta[http-equiv="refresh" i]') !== null,
    links: [...document.querySelectorAll("a[href], area[href]")].map((a) => a.href),
    parts: [...document.querySelectorAll("link[href], script[src], img[src], iframe[src]")]
      .filter((element) => element.rel !== "alternate" && element.rel !== "canonical")
      .map((element) => element.href || element.src),
    alternates: Object.fromEntries(
      [...document.querySelectorAll("a[hreflang]")].map((a) => [a.hreflang, a.href]),
    ),
    rows: [...document.querySelectorAll("main table tr")].map((row) =>
      [...row.cells].map((cell) => cell.textContent.trim()),
    ),
    figures: [...document.querySelectorAll("main svg")].map((svg) => ({
      title: svg.querySelector("title")?.textContent.trim() ?? "",
      hidden: svg.getAttribute("aria-hidden") === "true",
    })),
  }));
  const violations = await barriers(page);
  page.removeAllListeners();
  return { ...facts, complaints, requests, violations };
}

/** Fails with one line for each page and fault. */
function none(faults) {
  assert.equal(faults.length, 0, `\n${faults.join("\n")}`);
}

/** Faults of every page, by a function from (page name, what was seen) to strings. */
function faults(look) {
  return names.flatMap((name) => look(name, seen.get(name)).map((fault) => `${name}: ${fault}`));
}

/** Pages of one language that are read, not passed through. */
function inLanguage(language) {
  return names.filter((name) => seen.get(name).lang === language && !seen.get(name).redirect);
}

/** The page name of an address, without its fragment. */
function nameOf(url) {
  return path.relative(site, fileURLToPath(url.split("#")[0]));
}

test("there are pages in English and in Dutch, each with one heading and a title", () => {
  assert.ok(inLanguage("en").length >= 5, "English pages");
  assert.ok(inLanguage("nl").length >= 5, "Dutch pages");
  none(
    faults((_, page) => [
      ...(["en", "nl"].includes(page.lang) ? [] : [`its language is "${page.lang}"`]),
      ...(page.title ? [] : ["no title"]),
      ...(page.h1 === 1 || page.redirect ? [] : [`${page.h1} first-level headings`]),
    ]),
  );
});

test("axe finds nothing against WCAG 2.0 and 2.1, levels A and AA", () => {
  none(
    faults((_, page) =>
      page.violations.flatMap((rule) =>
        rule.nodes.map((node) => `${rule.id} (${rule.help}) at ${node.target.join(" ")}`),
      ),
    ),
  );
});

test("every chart has a title", () => {
  none(
    faults((_, page) =>
      page.figures.filter((svg) => !svg.hidden && !svg.title).map(() => "an SVG without a title"),
    ),
  );
});

test("all internal links lead somewhere, and none leaves the release", () => {
  none(
    faults((_, page) =>
      page.links.flatMap((href) => {
        if (!href.startsWith("file:")) return /^(https?|mailto|tel|data):/.test(href) ? [] : [href];
        const target = fileURLToPath(href.split(/[?#]/)[0]);
        if (path.relative(release, target).startsWith("..")) return [`${href} leaves the release`];
        if (!existsSync(target)) return [`${href} is not there`];
        if (!statSync(target).isFile()) return [`${href} is a folder`];
        const fragment = decodeURIComponent(new URL(href).hash.slice(1));
        const ids = seen.get(path.relative(site, target))?.ids;
        return fragment && ids && !ids.includes(fragment) ? [`${href}: no such place`] : [];
      }),
    ),
  );
});

test("every page can be reached from the start", () => {
  const reached = new Set(["index.html"]);
  for (const name of reached) {
    for (const href of seen.get(name)?.links ?? []) {
      if (href.startsWith("file:")) reached.add(nameOf(href));
    }
  }
  none(names.filter((name) => !reached.has(name)));
});

test("nothing is asked from a network and nothing complains", () => {
  none(
    faults((_, page) => [
      ...page.requests.filter((url) => !/^(file|data|blob):/.test(url)).map((url) => `asks ${url}`),
      ...page.parts.filter((url) => !/^(file|data):/.test(url)).map((url) => `is made with ${url}`),
      ...page.complaints,
    ]),
  );
});

// The figures of the real series: presumed victims detected in the Netherlands.
for (const [language, figures] of [
  ["en", { 2007: "716", 2019: "1,334", 2020: "984" }],
  ["nl", { 2007: "716", 2019: "1.334", 2020: "984" }],
]) {
  test(`the detected victims stand in a table (${language})`, (t) => {
    if (process.env.ZICHT_SITE) return t.skip("another site than that of the Netherlands");
    const says = (name, year, count) =>
      seen.get(name).rows.some(([first, ...cells]) => first === year && cells.includes(count));
    const found = inLanguage(language).filter((name) =>
      Object.entries(figures).every(([year, count]) => says(name, year, count)),
    );
    assert.ok(found.length > 0, `no page has all of ${JSON.stringify(figures)}`);
  });
}

test("the switch of language leads to the same page, and back", () => {
  const other = { en: "nl", nl: "en" };
  none(
    faults((name, page) => {
      // The page at the top only offers the languages.
      if (page.redirect || name === "index.html") return [];
      const there = page.alternates[other[page.lang]];
      if (!there) return ["has no link with hreflang to the other language"];
      const twin = seen.get(nameOf(there));
      if (twin?.lang !== other[page.lang]) return [`${there} is not in ${other[page.lang]}`];
      if (nameOf(twin.alternates[page.lang] ?? there) !== name) return [`${there} does not lead back`];
      const rows = [page.rows.length, twin.rows.length];
      return rows[0] === rows[1] ? [] : [`${rows[0]} rows of tables, its twin ${rows[1]}`];
    }),
  );
});

test("without script the text and the tables are the same", async () => {
  const scripted = await browser.newContext();
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const opened = [await scripted.newPage(), await plain.newPage()];
  const different = [];
  for (const name of names.filter((name) => !seen.get(name).redirect)) {
    const texts = [];
    for (const page of opened) {
      await page.goto(address(name));
      // The place of the reader's own view is for those with a script only.
      await page.evaluate(() => document.getElementById("explore")?.remove());
      texts.push(await page.locator("main").innerText());
    }
    if (texts[0] !== texts[1]) different.push(name);
    if (!texts[1].trim()) different.push(`${name}: empty`);
  }
  await Promise.all([scripted.close(), plain.close()]);
  none(different);
});

test("on a screen of 320 pixels nothing scrolls sideways but tables in their frames", async () => {
  const context = await browser.newContext({ viewport: { width: 320, height: 640 } });
  const page = await context.newPage();
  const wide = [];
  for (const name of names.filter((name) => !seen.get(name).redirect)) {
    await page.goto(address(name));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 320) wide.push(`${name}: ${width} pixels wide`);
  }
  await context.close();
  none(wide);
});

test("the first stop of the Tab key is a visible link that skips to the content", async () => {
  const page = await browser.newPage();
  const bad = [];
  for (const name of names.filter((name) => !seen.get(name).redirect)) {
    await page.goto(address(name));
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    const href = (await focused.count()) ? await focused.getAttribute("href") : null;
    if (!href?.startsWith("#")) {
      bad.push(`${name}: the first stop is ${href}`);
      continue;
    }
    const box = await focused.boundingBox();
    if (!box || box.x < 0 || box.y < 0 || box.width < 10) bad.push(`${name}: it is not visible`);
    await page.keyboard.press("Enter");
    const inMain = await page.evaluate(
      (id) => Boolean(document.getElementById(id)?.closest("main")) && location.hash === `#${id}`,
      href.slice(1),
    );
    if (!inMain) bad.push(`${name}: ${href} does not lead into main`);
    await page.keyboard.press("Tab");
    const next = await page.evaluate(() => {
      const at = document.activeElement;
      const main = document.querySelector("main");
      const passed = main.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING;
      // On a page with nothing to focus after the link, the focus starts again at the top.
      const again = at === document.body || at.getAttribute("href")?.startsWith("#");
      return main.contains(at) || Boolean(passed) || again;
    });
    if (!next) bad.push(`${name}: after it, the focus is before the content`);
  }
  await page.close();
  none(bad);
});

test("at twice the size, in colours that the reader has chosen, nothing is lost", async () => {
  const context = await browser.newContext({
    viewport: { width: 640, height: 450 },
    deviceScaleFactor: 2,
    forcedColors: "active",
    colorScheme: "dark",
  });
  const page = await context.newPage();
  const bad = [];
  for (const name of names.filter((name) => !seen.get(name).redirect)) {
    await page.goto(address(name));
    const found = await page.evaluate(() => {
      const ground = getComputedStyle(document.body).backgroundColor;
      const style = (element) => getComputedStyle(element);
      const lost = (element, property) => ["none", "", ground].includes(style(element)[property]);
      return {
        wide: document.documentElement.scrollWidth,
        lines: [...document.querySelectorAll("main svg .l")].filter((e) => lost(e, "stroke")).length,
        bars: [...document.querySelectorAll("main svg .bar")].filter((e) => lost(e, "fill")).length,
        texts: [...document.querySelectorAll("main svg text")].filter((e) => lost(e, "fill")).length,
      };
    });
    if (found.wide > 640) bad.push(`${name}: ${found.wide} pixels wide`);
    for (const what of ["lines", "bars", "texts"]) {
      if (found[what]) bad.push(`${name}: ${found[what]} ${what} in the colour of the ground`);
    }
  }
  await context.close();
  none(bad);
});

test("on paper the text is dark on white and the tables are there", async () => {
  const page = await browser.newPage();
  await page.emulateMedia({ media: "print" });
  const bad = [];
  for (const name of inLanguage("en")) {
    await page.goto(address(name));
    const look = await page.evaluate(() => {
      const light = (colour) => {
        const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
        return a === 0 ? 1 : (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
      };
      const tables = [...document.querySelectorAll("main table")];
      return {
        ground: light(getComputedStyle(document.body).backgroundColor),
        ink: light(getComputedStyle(document.querySelector("main")).color),
        tables: tables.length,
        shown: tables.filter((table) => table.getClientRects().length > 0).length,
        text: document.querySelector("main").innerText.length,
      };
    });
    if (look.ground < 0.95) bad.push(`${name}: the ground is not white`);
    if (look.ink > 0.35) bad.push(`${name}: the ink is not dark`);
    if (look.shown !== look.tables) bad.push(`${name}: ${look.tables - look.shown} tables are gone`);
    if (look.text < 20) bad.push(`${name}: there is no text`);
  }
  // On A4 with margins of a centimetre: standing 19 cm, lying 27.7 cm, at 96 pixels to the inch.
  for (const [width, broad] of [
    [718, false],
    [1046, true],
  ]) {
    await page.setViewportSize({ width, height: 900 });
    for (const name of names) {
      await page.goto(address(name));
      const wide = await page.evaluate(
        (broad) =>
          [...document.querySelectorAll("main .frame")]
            .filter((frame) => frame.classList.contains("broad") === broad)
            .filter((frame) => frame.scrollWidth > frame.clientWidth + 1 && frame.getClientRects().length > 0)
            .map((frame) => `${frame.getAttribute("aria-label")} is ${frame.scrollWidth} wide`),
        broad,
      );
      bad.push(...wide.map((what) => `${name} on paper: ${what}`));
    }
  }
  const sheet = await page.pdf({ format: "A4" });
  assert.equal(sheet.subarray(0, 5).toString(), "%PDF-");
  await page.close();
  none(bad);
});

test("the button of the page for young people, and Esc twice, leave it out of the history", async (t) => {
  const young = names.find((name) => /^en\/young\.html$/.test(name));
  if (!young) return t.skip("this site has no page for young people");
  const ways = [
    (page) => page.click("#exit"),
    async (page) => {
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
    },
  ];
  for (const leave of ways) {
    const context = await browser.newContext();
    const page = await context.newPage();
    // Another site stands in for the one that the settings name: the test goes to no network.
    await context.route(/^https:/, (route) =>
      route.fulfill({ contentType: "text/html", body: "<title>elsewhere</title>" }),
    );
    await page.goto(address("en/index.html"));
    await page.goto(address(young));
    await leave(page);
    await page.waitForURL(/^https:/);
    assert.equal(await page.title(), "elsewhere");
    await page.goBack();
    assert.match(page.url(), /en\/index\.html$/);
    await context.close();
  }
});

test("of a chart that is drawn twice one is seen: on a phone that for phones, which fits", async () => {
  const page = await browser.newPage();
  const bad = [];
  let drawn = 0;
  for (const [width, seenOne] of [
    [390, "phone"],
    [1000, "desk"],
  ]) {
    await page.setViewportSize({ width, height: 800 });
    for (const name of inLanguage("nl")) {
      await page.goto(address(name));
      const found = await page.evaluate(() =>
        [...document.querySelectorAll(".chart svg.phone")].map((svg) => {
          const frame = svg.closest(".frame");
          const shown = [...frame.querySelectorAll("svg")].filter((one) => one.getClientRects().length > 0);
          return { shown: shown.map((one) => one.getAttribute("class")), scrolls: frame.scrollWidth > frame.clientWidth + 1 };
        }),
      );
      drawn += found.length;
      for (const { shown, scrolls } of found) {
        if (shown.join() !== seenOne) bad.push(`${name} at ${width}: ${shown} is seen`);
        if (scrolls) bad.push(`${name} at ${width}: a chart scrolls`);
      }
    }
  }
  await page.close();
  assert.ok(drawn > 0, "no chart is drawn twice");
  none(bad);
});
