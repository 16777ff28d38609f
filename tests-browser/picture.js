// Takes the pictures of the site that the README and the book show.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { address, pages, startBrowser } from "./site.js";

const images = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../docs/src/images");

/** Name of the picture, page, what of the page, and for whose screen. */
const PICTURES = [
  ["site-en", "en/index.html", null, { width: 1200, height: 900 }],
  ["own-view-en", "en/table-victims_form.html#rows=year&by=form", "#explore[data-ready]", { width: 1100, height: 900 }],
  ["young-nl", "nl/young.html", null, { width: 390, height: 780 }],
];

const browser = await startBrowser();
try {
  for (const [name, page, part, viewport] of PICTURES) {
    const [file, hash] = page.split("#");
    if (!pages().includes(file)) throw new Error(`the site has no ${file}`);
    const tab = await browser.newPage({ viewport });
    await tab.goto(address(file) + (hash ? `#${hash}` : ""));
    const out = path.join(images, `${name}.png`);
    await (part ? tab.locator(part) : tab).screenshot({ path: out });
    await tab.close();
    console.log(out);
  }
} finally {
  await browser.close();
}
