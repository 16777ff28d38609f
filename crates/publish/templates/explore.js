// The own view of a table: which dimension goes down, which across, what of the others; as chart and table, with an address
// that restores it and files of exactly what is seen. The figures are those of the open data of the table. Without this
// script the page has its charts and tables, and the files.
"use strict";

(() => {
  const place = document.getElementById("explore");
  const words = JSON.parse(document.getElementById("explore-words").textContent);
  const language = document.documentElement.lang;
  const TOTAL = "_T";
  /** Series that can be told apart in one chart. */
  const SERIES = 5;
  /** Bars of one chart, all series together. */
  const BARS = 60;
  /** Rows and columns of the table. */
  const ROWS = 400;
  const COLUMNS = 40;
  const SVG = "http://www.w3.org/2000/svg";

  /** An element with attributes and children; texts are never read as markup. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  /** "{a} by {b}" with the values filled in. */
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  // ---- The figures -------------------------------------------------------------------------------------------------------

  /** A data set in JSON-stat 2.0 as the view reads it. */
  function read(dataset) {
    const dutch = language === "nl" ? dataset.extension.nl : undefined;
    const dimensions = dataset.id.map((id) => {
      const own = dataset.dimension[id];
      const other = dutch?.dimension[id];
      const codes = own.category.index;
      return {
        id,
        label: other?.label ?? own.label,
        codes,
        labels: codes.map((code) => other?.category.label[code] ?? own.category.label[code]),
        total: codes.indexOf(TOTAL),
        time: dataset.role?.time?.includes(id) ?? false,
        parts: own.category.child ?? {},
      };
    });
    const { bounds = {}, rates } = dataset.extension;
    return {
      title: dutch?.label ?? dataset.label,
      dimensions,
      per: rates?.per,
      /** What is published at a place: one index for each dimension. */
      at(key) {
        const i = key.reduce((sum, k, d) => sum * dataset.size[d] + k, 0);
        const count = dataset.value[i] ?? null;
        const status = dataset.status?.[i];
        if (count !== null) return { count, rate: rates?.figures[i] };
        if (bounds[i]) return { bounds: bounds[i] };
        return status === "Q" ? { hidden: true } : { missing: true };
      },
    };
  }

  /** The categories that together make the total: its direct parts, or all others. */
  function parts(dimension) {
    const named = dimension.parts[TOTAL]?.map((code) => dimension.codes.indexOf(code));
    const others = dimension.codes.map((_, i) => i).filter((i) => i !== dimension.total);
    return named?.length ? named : others;
  }

  // ---- The view ----------------------------------------------------------------------------------------------------------

  /** The view of a table that was not chosen: over time, by its first breakdown. */
  function first(cube) {
    const all = cube.dimensions;
    const time = all.findIndex((d) => d.time);
    const wide = (d) => all[d].codes.length > 1;
    const others = all.map((_, d) => d).filter((d) => d !== time && wide(d));
    const rows = time >= 0 && wide(time) ? time : (others.shift() ?? 0);
    const columns = others.shift() ?? -1;
    const view = { rows, columns, at: [], picked: [], measure: "count" };
    view.at = all.map((d) => (d.total >= 0 ? d.total : 0));
    view.picked = all.map(() => null);
    latest(cube, view);
    return view;
  }

  /** Moves a view of one period to the last that has figures beside its total. */
  function latest(cube, view) {
    const time = cube.dimensions.findIndex((d) => d.time);
    if (time < 0 || time === view.rows || time === view.columns) return;
    const last = cube.dimensions[time].codes.length - 1;
    for (view.at[time] = last; view.at[time] > 0; view.at[time] -= 1) {
      const cells = shown(cube, view, view.rows).flatMap((row) =>
        shown(cube, view, view.columns).map((column) => cell(cube, view, row, column)),
      );
      if (cells.filter((c) => !c.missing).length > 1) return;
    }
    view.at[time] = last;
  }

  /** The categories of a dimension that are shown. */
  function shown(cube, view, d) {
    if (d < 0) return [-1];
    const dimension = cube.dimensions[d];
    if (view.picked[d]) return view.picked[d];
    const own = parts(dimension);
    // The total belongs to the picture where the others are its parts.
    if (d === view.columns) return own.slice(0, SERIES);
    return dimension.time || dimension.total < 0 ? own : [dimension.total, ...own];
  }

  /** The view in the address: codes, not indices, so that it still holds when a category comes in. */
  function written(cube, view) {
    const all = cube.dimensions;
    const out = new URLSearchParams({ rows: all[view.rows].id });
    if (view.columns >= 0) out.set("by", all[view.columns].id);
    if (view.measure !== "count") out.set("as", view.measure);
    all.forEach((d, i) => {
      const free = i === view.rows || i === view.columns;
      if (!free) out.set(`at.${d.id}`, d.codes[view.at[i]]);
      else if (view.picked[i]) out.set(`of.${d.id}`, view.picked[i].map((k) => d.codes[k]).join(" "));
    });
    return out.toString();
  }

  /** The view that an address names; what it does not know stays as it is at first. */
  function restored(cube, text) {
    const view = first(cube);
    const asked = new URLSearchParams(text);
    const named = (id) => cube.dimensions.findIndex((d) => d.id === id);
    const rows = named(asked.get("rows"));
    if (rows >= 0) {
      view.rows = rows;
      view.columns = named(asked.get("by"));
      if (view.columns === rows) view.columns = -1;
    }
    latest(cube, view);
    if (measures(cube, view).some(([name]) => name === asked.get("as"))) view.measure = asked.get("as");
    cube.dimensions.forEach((d, i) => {
      const at = d.codes.indexOf(asked.get(`at.${d.id}`));
      if (at >= 0) view.at[i] = at;
      const codes = asked.get(`of.${d.id}`)?.split(" ") ?? [];
      const picked = codes.map((code) => d.codes.indexOf(code)).filter((k) => k >= 0);
      if (picked.length) view.picked[i] = picked;
    });
    return view;
  }

  /** What can be shown of a view: counts; shares where there is a total across; rates where there are any. */
  function measures(cube, view) {
    const out = [["count", words.counts]];
    if (view.columns >= 0 && cube.dimensions[view.columns].total >= 0) out.push(["share", words.shares]);
    if (cube.per) out.push(["rate", fill(words.rates, { per: number(cube.per, 0) })]);
    return out;
  }

  const number = (x, digits) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(x);

  /** One cell of the view: `value` with bounds where there are, or why there is none. */
  function cell(cube, view, row, column) {
    const key = [...view.at];
    key[view.rows] = row;
    if (view.columns >= 0) key[view.columns] = column;
    const figure = cube.at(key);
    if (view.measure === "rate" && figure.count !== undefined) {
      // Columns of a rate: population, rate and its interval.
      if (!figure.rate) return { missing: true };
      const [, value, low, high] = figure.rate;
      return { value, low, high, text: number(value, 1) };
    }
    if (view.measure === "rate") return figure.bounds ? { missing: true } : figure;
    if (view.measure === "share") {
      key[view.columns] = cube.dimensions[view.columns].total;
      const whole = cube.at(key);
      if (figure.count === undefined || whole.count === undefined) {
        return figure.missing || whole.missing ? { missing: true } : { hidden: true };
      }
      if (whole.count === 0) return { missing: true };
      const value = (100 * figure.count) / whole.count;
      return { value, text: `${number(value, 1)}%` };
    }
    if (figure.bounds) {
      const [low, high] = figure.bounds;
      return { low, high, text: `${number(low, 0)}–${number(high, 0)}` };
    }
    return figure.count === undefined ? figure : { value: figure.count, text: number(figure.count, 0) };
  }

  /** The view as a table of cells. */
  function table(cube, view) {
    const [down, across] = [cube.dimensions[view.rows], cube.dimensions[view.columns]];
    const columns = shown(cube, view, view.columns);
    const all = shown(cube, view, view.rows);
    const rows = all.map((row) => ({
      code: down.codes[row],
      label: down.labels[row],
      total: row === down.total,
      cells: columns.map((column) => cell(cube, view, row, column)),
    }));
    // The largest first, where the categories have no order of their own.
    const worth = (row) => row.cells[0].value ?? row.cells[0].high ?? -1;
    if (!down.time && !/^age/.test(down.id)) rows.sort((a, b) => b.total - a.total || worth(b) - worth(a));
    const kept = rows.filter((row) => row.cells.some((c) => !c.missing));
    return {
      down,
      across,
      columns: columns.map((k) => ({ code: across?.codes[k], label: across?.labels[k] ?? words.figure })),
      rows: kept.length ? kept : rows,
    };
  }

  /** What the view shows, in words. */
  function title(cube, view) {
    const all = cube.dimensions;
    const lower = (d) => all[d].label.toLowerCase();
    const by = view.columns >= 0 ? fill(words.by_both, { a: lower(view.rows), b: lower(view.columns) }) : lower(view.rows);
    const fixed = all.filter((d, i) => i !== view.rows && i !== view.columns && view.at[i] !== d.total);
    const said = fixed.map((d) => `${d.label.toLowerCase()} ${d.labels[view.at[all.indexOf(d)]]}`);
    const measure = measures(cube, view).find(([name]) => name === view.measure)[1];
    const unit = view.measure === "count" ? "" : ` (${measure.toLowerCase()})`;
    return `${fill(words.titled, { title: cube.title, by })}${said.length ? `; ${said.join(", ")}` : ""}${unit}`;
  }

  // ---- The chart: the marks, colours and classes of all other charts of the site -------------------------------------------

  /** An SVG under construction. */
  function svg(tag, attributes, text) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /** Whole steps from zero that cover `most`. */
  function scale(most) {
    const power = 10 ** Math.floor(Math.log10(Math.max(most, 1) / 4));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => most / s <= 5) ?? most;
    const ticks = [];
    for (let x = 0; x < most + step; x += step) ticks.push(Number(x.toPrecision(12)));
    return { ticks, top: ticks.at(-1), digits: step < 1 ? 1 : 0 };
  }

  const high = (c) => c.high ?? c.value ?? 0;

  /** The mark of a series: a shape beside the colour. */
  function mark(s, x, y, tip) {
    const r = 4.5;
    const shape = [
      () => svg("circle", { cx: x, cy: y, r }),
      () => svg("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r }),
      () => svg("path", { d: `M${x} ${y - r * 1.3}L${x + r * 1.2} ${y + r}L${x - r * 1.2} ${y + r}Z` }),
      () => svg("path", { d: `M${x} ${y - r * 1.4}L${x + r * 1.4} ${y}L${x} ${y + r * 1.4}L${x - r * 1.4} ${y}Z` }),
      () => svg("path", { d: `M${x} ${y + r * 1.3}L${x + r * 1.2} ${y - r}L${x - r * 1.2} ${y - r}Z` }),
    ][s]();
    shape.setAttribute("class", `m s${s}`);
    shape.append(svg("title", {}, tip));
    return shape;
  }

  /** Lines over time. */
  function lines(seen) {
    const width = 800;
    const [left, right, top, bottom] = [64, 20, 20, 330];
    const most = Math.max(...seen.rows.flatMap((row) => row.cells.map(high)), 1);
    const { ticks, top: upmost, digits } = scale(most);
    const x = (i) => left + ((i + 0.5) * (width - left - right)) / seen.rows.length;
    const y = (v) => bottom - (v / upmost) * (bottom - top);
    const parts = [];
    for (const t of ticks) {
      parts.push(svg("line", { class: t ? "grid" : "axis", x1: left, x2: width - right, y1: y(t), y2: y(t) }));
      parts.push(svg("text", { class: "tick", x: left - 8, y: y(t) + 4, "text-anchor": "end" }, number(t, digits)));
    }
    const every = Math.ceil(seen.rows.length / 14);
    seen.rows.forEach((row, i) => {
      if (i % every === 0) {
        parts.push(svg("text", { class: "tick", x: x(i), y: bottom + 34, "text-anchor": "middle" }, row.label));
      }
    });
    seen.columns.slice(0, SERIES).forEach((column, s) => {
      let path = "";
      const marks = [];
      seen.rows.forEach((row, i) => {
        const c = row.cells[s];
        const tip = `${column.label}, ${row.label}: ${said(c)}`;
        if (c.value !== undefined) path += `${path && seen.rows[i - 1]?.cells[s].value !== undefined ? "L" : "M"}${x(i)} ${y(c.value)}`;
        if (c.low !== undefined) {
          marks.push(svg("line", { class: `whisker s${s}`, x1: x(i), x2: x(i), y1: y(c.low), y2: y(c.high) }));
        }
        if (c.value !== undefined) marks.push(mark(s, x(i), y(c.value), tip));
        // Beneath the axis: a hidden figure is no zero.
        if (c.hidden) {
          const open = mark(s, x(i), bottom + 12, tip);
          open.classList.add("open");
          marks.push(open);
        }
      });
      if (path) parts.push(svg("path", { class: `l s${s}`, d: path }));
      parts.push(...marks);
    });
    return { parts, width, height: bottom + 46 };
  }

  /** Bars, one group a row. */
  function bars(seen) {
    const width = 800;
    const left = 250;
    const right = 90;
    const series = Math.min(seen.columns.length, SERIES);
    const rows = seen.rows.slice(0, Math.max(1, Math.floor(BARS / series)));
    const group = series * 15 + 9;
    // Beside its parts a total would outdo them all.
    const drawn = rows.filter((row) => !row.total).length ? rows.filter((row) => !row.total) : rows;
    const most = Math.max(...drawn.flatMap((row) => row.cells.map(high)), 1);
    const { ticks, top: upmost, digits } = scale(most);
    const x = (v) => left + (v / upmost) * (width - left - right);
    const bottom = 10 + drawn.length * group;
    const parts = ticks.flatMap((t) => [
      svg("line", { class: t ? "grid" : "axis", x1: x(t), x2: x(t), y1: 6, y2: bottom }),
      svg("text", { class: "tick", x: x(t), y: bottom + 18, "text-anchor": "middle" }, number(t, digits)),
    ]);
    drawn.forEach((row, i) => {
      const y = 10 + i * group;
      const short = row.label.length > 36 ? `${row.label.slice(0, 35)}…` : row.label;
      const name = svg("text", { x: left - 10, y: y + (series * 15) / 2 + 4, "text-anchor": "end" }, short);
      if (short !== row.label) name.append(svg("title", {}, row.label));
      parts.push(name);
      row.cells.slice(0, series).forEach((c, s) => {
        const at = y + s * 15;
        const end = x(c.value ?? c.low ?? 0);
        if (c.value !== undefined) {
          const bar = svg("rect", { class: `bar s${s}`, x: left, y: at, width: Math.max(end - left, 0), height: 12 });
          bar.append(svg("title", {}, `${seen.columns[s].label}, ${row.label}: ${c.text}`));
          parts.push(bar);
        }
        if (c.low !== undefined) {
          parts.push(svg("line", { class: `whisker s${s}`, x1: x(c.low), x2: x(c.high), y1: at + 6, y2: at + 6 }));
        }
        const shown = c.hidden ? "×" : c.missing ? "–" : c.text;
        parts.push(svg("text", { class: "tick value", x: x(high(c)) + 6, y: at + 10.5 }, shown));
      });
    });
    return { parts, width, height: bottom + 28 };
  }

  const said = (c) => (c.hidden ? words.hidden : c.missing ? words.missing : c.text);

  /** The chart of a view. */
  function chart(seen, name) {
    const { parts, width, height } = seen.down.time && seen.rows.length > 1 ? lines(seen) : bars(seen);
    const out = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": "explore-t explore-d" });
    out.append(svg("title", { id: "explore-t" }, name), svg("desc", { id: "explore-d" }, words.chart_desc), ...parts);
    return out;
  }

  /** What tells the series apart. */
  function legend(seen) {
    return make(
      "ul",
      { class: "legend" },
      ...seen.columns.slice(0, SERIES).map((column, s) => {
        const swatch = svg("svg", { class: "swatch", viewBox: "0 0 28 14", "aria-hidden": "true" });
        swatch.append(svg("path", { class: `l s${s}`, d: "M0 7L28 7" }), mark(s, 14, 7, ""));
        return make("li", {}, swatch, ` ${column.label}`);
      }),
    );
  }

  // ---- Files of what is seen -----------------------------------------------------------------------------------------------

  /** A field of a CSV file (RFC 4180). A label is no formula, whatever it begins with. */
  function field(text) {
    const plain = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+$/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  }

  /** One row a cell: all dimensions with code and label, so that the file says what it is of. */
  function csv(cube, view, seen) {
    const all = cube.dimensions;
    const head = all.flatMap((d) => [d.id, `${d.id}_label`]);
    const lines = [[...head, "measure", "value", "lower", "upper", "status"]];
    for (const row of seen.rows) {
      row.cells.forEach((c, s) => {
        const at = all.flatMap((d, i) => {
          if (i === view.rows) return [row.code, row.label];
          if (i === view.columns) return [seen.columns[s].code, seen.columns[s].label];
          return [d.codes[view.at[i]], d.labels[view.at[i]]];
        });
        const status = c.hidden ? "suppressed" : c.missing ? "missing" : "";
        lines.push([...at, view.measure, c.value ?? "", c.low ?? "", c.high ?? "", status].map(String));
      });
    }
    return `${lines.map((line) => line.map(field).join(",")).join("\r\n")}\r\n`;
  }

  /** What the style sheet says of a shape, as attributes: a picture that leaves the page leaves the style sheet behind. */
  const STYLES = [
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity",
    "font-size", "font-family", "font-weight", "paint-order",
  ];

  /** The chart as a file of its own: with its title above and its source beneath. */
  function picture(cube, view, seen) {
    const own = place.querySelector(".chart svg");
    const out = own.cloneNode(true);
    const [from, to] = [own.querySelectorAll("*"), out.querySelectorAll("*")];
    from.forEach((element, i) => {
      const style = getComputedStyle(element);
      to[i].removeAttribute("class");
      if (["title", "desc"].includes(element.tagName)) return;
      for (const name of STYLES) {
        const value = style.getPropertyValue(name);
        if (value && value !== "none" || name === "fill") to[i].setAttribute(name, value);
      }
    });
    const page = getComputedStyle(document.body);
    const text = (y, words, size, weight) =>
      svg("text", { x: 16, y, fill: page.color, "font-size": size, "font-weight": weight, "font-family": "sans-serif" }, words);
    const [, , width, height] = own.getAttribute("viewBox").split(" ").map(Number);
    const wrapped = wrap(title(cube, view), 95);
    const above = 20 + wrapped.length * 20 + (seen.columns.length > 1 ? 24 : 4);
    const below = wrap(words.cite, 120);
    const whole = svg("svg", { xmlns: SVG, width, height: height + above + below.length * 16 + 16 });
    whole.setAttribute("viewBox", `0 0 ${width} ${whole.getAttribute("height")}`);
    whole.append(svg("rect", { width: "100%", height: "100%", fill: page.backgroundColor }));
    wrapped.forEach((line, i) => whole.append(text(28 + i * 20, line, 15, 600)));
    if (seen.columns.length > 1) {
      let x = 16;
      seen.columns.slice(0, SERIES).forEach((column, s) => {
        const shape = mark(s, x + 6, above - 10, "");
        shape.removeAttribute("class");
        shape.setAttribute("fill", getComputedStyle(document.documentElement).getPropertyValue(`--s${s}`).trim());
        const label = text(above - 5, column.label, 13, 400);
        label.setAttribute("x", x + 18);
        whole.append(shape, label);
        x += 36 + column.label.length * 7.5;
      });
    }
    out.setAttribute("y", above);
    out.setAttribute("width", width);
    out.setAttribute("height", height);
    whole.append(out);
    below.forEach((line, i) => whole.append(text(above + height + 14 + i * 16, line, 11, 400)));
    return new XMLSerializer().serializeToString(whole);
  }

  /** Text in lines of at most so many characters. */
  function wrap(text, most) {
    const out = [""];
    for (const word of text.split(" ")) {
      if (out.at(-1).length + word.length + 1 > most && out.at(-1)) out.push("");
      out[out.length - 1] = `${out.at(-1)} ${word}`.trim();
    }
    return out;
  }

  /** Gives the reader a file. */
  function give(name, blob) {
    const address = URL.createObjectURL(blob);
    const link = make("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  /** The picture in points, twice as fine as on the screen. */
  function png(markup) {
    return new Promise((done, failed) => {
      const image = new Image();
      image.onload = () => {
        const canvas = make("canvas", { width: image.width * 2, height: image.height * 2 });
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png");
      };
      image.onerror = failed;
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(markup)}`;
    });
  }

  /** Copies a text. A page from a disk may not always use the clipboard: then the text is marked for the reader to copy. */
  async function copy(text, box) {
    box.value = text;
    box.hidden = false;
    box.select();
    try {
      await navigator.clipboard.writeText(text);
      tell(words.copied);
    } catch {
      tell(document.execCommand("copy") ? words.copied : words.marked);
    }
  }

  const status = make("p", { class: "note", role: "status" });
  const tell = (text) => {
    status.textContent = text;
  };

  // ---- The page ------------------------------------------------------------------------------------------------------------

  /** A choice with its name. */
  function choice(id, label, options, chosen, change) {
    const select = make("select", { id, onchange: (event) => change(event.target.value) });
    for (const [value, text] of options) {
      select.append(make("option", { value, selected: String(value) === String(chosen) }, text));
    }
    return make("p", {}, make("label", { for: id }, label), select);
  }

  /** Which categories of a dimension are shown. */
  function picker(cube, view, d, draw) {
    const dimension = cube.dimensions[d];
    const most = d === view.columns ? COLUMNS : ROWS;
    let now = new Set(shown(cube, view, d));
    const summary = make("summary");
    const say = () => {
      const values = { dimension: dimension.label.toLowerCase(), n: now.size, all: dimension.codes.length };
      summary.textContent = fill(words.choose_of, values);
    };
    const boxes = dimension.codes.map((code, k) => {
      const id = `explore-${d}-${k}`;
      const toggle = (event) => {
        const chosen = dimension.codes.map((_, i) => i).filter((i) => (i === k ? event.target.checked : now.has(i)));
        if (!chosen.length || chosen.length > most) {
          event.target.checked = now.has(k);
          return tell(chosen.length ? fill(words.too_many, { n: most }) : words.one_at_least);
        }
        view.picked[d] = chosen;
        now = new Set(chosen);
        say();
        draw(id, false);
      };
      const box = make("input", { type: "checkbox", id, checked: now.has(k), onchange: toggle });
      return make("li", {}, box, make("label", { for: id }, dimension.labels[k]));
    });
    say();
    return make(
      "details",
      { "data-of": dimension.id },
      summary,
      make("fieldset", {}, make("legend", { class: "unseen" }, dimension.label), make("ul", { class: "picks" }, ...boxes)),
    );
  }

  function tableOf(seen, name) {
    const head = make("tr", {}, make("th", { scope: "col" }, seen.down.label));
    seen.columns.slice(0, COLUMNS).forEach((column) => head.append(make("th", { scope: "col", class: "n" }, column.label)));
    const body = make("tbody");
    for (const row of seen.rows.slice(0, ROWS)) {
      const line = make("tr", {}, make("th", { scope: "row" }, row.label));
      for (const c of row.cells.slice(0, COLUMNS)) {
        const sign = c.hidden ? "×" : "–";
        const none = c.hidden || c.missing;
        const spoken = c.low !== undefined && c.value !== undefined ? `${c.text} (${number(c.low, 1)}–${number(c.high, 1)})` : c.text;
        line.append(
          none
            ? make("td", { class: "n x" }, make("span", { "aria-hidden": "true" }, sign), make("span", { class: "unseen" }, said(c)))
            : make("td", { class: "n" }, spoken),
        );
      }
      body.append(line);
    }
    const frame = { class: "frame", tabindex: "0", role: "region", "aria-label": fill(words.scroll, { what: name }) };
    return make("div", frame, make("table", {}, make("caption", {}, name), make("thead", {}, head), body));
  }

  /** Shows a view, and keeps its address. */
  function start(cube) {
    let view = restored(cube, location.hash.includes("=") ? location.hash.slice(1) : "");
    const form = make("form", { class: "choices", onsubmit: (event) => event.preventDefault() });
    const result = make("div", { class: "result" });
    const box = make("textarea", { class: "copied", rows: "2", readonly: true, hidden: true, "aria-label": words.text_to_copy });
    const file = (ending) => `${place.dataset.cube}.${ending}`;
    let seen;
    const button = (text, act) => make("button", { type: "button", onclick: act }, text);
    const keep = make(
      "div",
      { class: "buttons" },
      button("CSV", () => give(file("csv"), new Blob([csv(cube, view, seen)], { type: "text/csv" }))),
      button("SVG", () => give(file("svg"), new Blob([picture(cube, view, seen)], { type: "image/svg+xml" }))),
      button("PNG", async () => give(file("png"), await png(picture(cube, view, seen)))),
      button(words.copy_link, () => copy(location.href, box)),
      button(words.copy_cite, () => copy(`${words.cite} ${title(cube, view)}. ${location.href}`, box)),
    );

    /** The choices, as the view has them. */
    function offer() {
      const all = cube.dimensions;
      const open = [...form.querySelectorAll("details[open]")].map((d) => d.dataset.of);
      const names = all.map((d, i) => [i, d.label]);
      const move = (name) => (value) => {
        const d = Number(value);
        const other = name === "rows" ? "columns" : "rows";
        if (d >= 0 && view[other] === d) view[other] = view[name];
        view[name] = d;
        if (view.rows < 0) view.rows = all.findIndex((_, i) => i !== view.columns);
        if (!measures(cube, view).some(([m]) => m === view.measure)) view.measure = "count";
        draw(`explore-${name}`);
      };
      const set = (act, id) => (value) => {
        act(value);
        draw(id);
      };
      const choices = [
        choice("explore-rows", words.rows, names, view.rows, move("rows")),
        choice("explore-columns", words.columns, [[-1, words.nothing], ...names], view.columns, move("columns")),
        choice("explore-as", words.shown_as, measures(cube, view), view.measure, set((m) => (view.measure = m), "explore-as")),
      ];
      all.forEach((d, i) => {
        if (i === view.rows || i === view.columns) return;
        const id = `explore-at-${i}`;
        choices.push(choice(id, d.label, d.labels.map((l, k) => [k, l]), view.at[i], set((k) => (view.at[i] = Number(k)), id)));
      });
      for (const d of [view.rows, view.columns]) if (d >= 0) choices.push(picker(cube, view, d, draw));
      form.replaceChildren(...choices);
      for (const details of form.querySelectorAll("details")) details.open = open.includes(details.dataset.of);
    }

    /** Draws the view; `focus` is what was changed, and the choices stay as they are where `anew` is false. */
    function draw(focus, anew = true) {
      if (anew) offer();
      seen = table(cube, view);
      const name = title(cube, view);
      const drawing = chart(seen, name);
      const frame = { class: "frame", tabindex: "0", role: "group", "aria-label": fill(words.chart_scroll, { what: name }) };
      const figure = make("figure", { class: "chart" }, make("figcaption", {}, name), make("div", frame, drawing));
      if (seen.columns.length > 1) figure.append(legend(seen));
      const some = seen.columns.length > SERIES || (!seen.down.time && seen.rows.length * Math.min(seen.columns.length, SERIES) > BARS);
      result.replaceChildren(figure, ...(some ? [make("p", { class: "note" }, words.some)] : []), tableOf(seen, name));
      history.replaceState(null, "", `#${written(cube, view)}`);
      if (focus) {
        document.getElementById(focus)?.focus();
        tell(fill(words.now, { title: name }));
      }
    }

    addEventListener("hashchange", () => {
      if (!location.hash.includes("=")) return;
      view = restored(cube, location.hash.slice(1));
      draw();
    });
    draw();
    place.querySelector("button").remove();
    place.append(form, result, make("p", { class: "keep" }, words.keep), keep, box, status);
    place.dataset.ready = "yes";
  }

  /** Asks for the figures: a script, since a page from a disk may read nothing else. */
  function load() {
    const script = make("script", { src: `../explore/${place.dataset.cube}.js` });
    script.addEventListener("error", () => tell(words.not_there));
    place.append(status);
    globalThis.zicht = { cube: (dataset) => start(read(dataset)) };
    document.head.append(script);
  }

  place.hidden = false;
  place.querySelector("button").addEventListener("click", load, { once: true });
  if (location.hash.includes("rows=")) load();
})();
