// The site under test, and the browser that opens it.

import { existsSync, readdirSync, statSync } from "node:fs";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";

const here = path.dirname(fileURLToPath(import.meta.url));

/** The folder with index.html. */
export const site = path.resolve(
  process.env.ZICHT_SITE ?? path.join(here, "../examples/netherlands/out/release/site"),
);

/** The folder that may leave the building: links may lead to its data, and no further. */
export const release = path.dirname(site);

if (!existsSync(path.join(site, "index.html"))) {
  throw new Error(`${site} holds no index.html: run ./zicht-demo first, or set ZICHT_SITE`);
}

/** All pages, as paths below the site, in order. */
export function pages(folder = site) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const full = path.join(folder, name);
      if (statSync(full).isDirectory()) return pages(full);
      return name.endsWith(".html") ? [path.relative(site, full)] : [];
    });
}

/** The address of a page given as a path below the site. */
export function address(page) {
  return pathToFileURL(path.join(site, page)).href;
}

/** Gives axe to all that is opened in a page from now on. */
export function withAxe(page) {
  return page.addInitScript(axe.source);
}

/** What axe finds on a page that has it, against WCAG 2.0 and 2.1, levels A and AA: rules, each with its nodes. */
export function barriers(page) {
  return page.evaluate(() =>
    window.axe
      .run({
        // It would ask for the style sheet by script, which no page from a disk may.
        preload: false,
        resultTypes: ["violations"],
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
      })
      .then((found) => found.violations),
  );
}

/** Starts Debian's Chromium, or the one that CHROMIUM names. */
export function startBrowser() {
  const names = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"];
  const found = names
    .filter(Boolean)
    .map((name) => spawnSync("sh", ["-c", 'command -v "$1"', "sh", name]).stdout.toString().trim())
    .find(Boolean);
  if (!found) throw new Error("there is no Chromium: install Debian's package, or set CHROMIUM");
  return chromium.launch({
    executablePath: found,
    // The pages are our own files. Chromium's sandbox does not start for root or in a container,
    // and its services in the background would go to the network.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
