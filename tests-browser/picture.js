// Takes the picture of the site that the README and the book show.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { address, pages, startBrowser } from "./site.js";

const out = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  "../docs/src/images/site-en.png",
);

const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const english = pages().find((name) => /^en\/index\.html$/.test(name)) ?? "index.html";
  await page.goto(address(english));
  await page.screenshot({ path: out });
  console.log(out);
} finally {
  await browser.close();
}
