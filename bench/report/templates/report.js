"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // The picture: one specification a cost axis, its colours exchanged in the dark look.
  const picture = document.getElementById("picture"), cost = document.getElementById("cost");
  const printing = matchMedia("print");

  function inLook(spec) {
    if (!dark.matches || printing.matches) return spec;
    return JSON.parse(JSON.stringify(spec).replace(/#[0-9a-f]{6}\b/g, (colour) => data.dark[colour] ?? colour));
  }

  async function draw() {
    const chosen = data.pictures[cost.value];
    const spec = { ...inLook(chosen.spec), height: picture.clientWidth < 500 ? 300 : 400 };
    // `ast` evaluates expressions without eval, which this page's policy forbids.
    await vegaEmbed(picture, spec, { actions: false, renderer: "svg", ast: true, tooltip: { disableDefaultStyle: true } });
    picture.classList.add("live");
    picture.dataset.cost = cost.value;
    document.getElementById("below").textContent = chosen.below;
  }

  if (picture && cost && window.vegaEmbed) {
    cost.addEventListener("change", draw);
    dark.addEventListener("change", draw);
    let width = 0, later = 0;
    new ResizeObserver(() => {
      if (picture.clientWidth === width || !picture.clientWidth) return;
      width = picture.clientWidth;
      clearTimeout(later);
      later = setTimeout(draw, 120);
    }).observe(picture);
  }

  // Sorting: any table whose headings are buttons. Rows without a value stay below the others.
  function valueOf(row, column) {
    const cell = row.cells[column], stored = cell.dataset.value;
    const text = stored ?? cell.textContent.trim().replace("−", "-").replace(/[,±+]/g, "");
    if (text === "" || text === "—") return null;
    return Number.isNaN(Number(text)) ? text.toLowerCase() : Number(text);
  }

  function sortBy(table, column, direction) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      if (typeof a === "number" && typeof b === "number") return direction * (a - b);
      return direction * String(a).localeCompare(String(b), "en", { numeric: true });
    });
    body.append(...rows.map(([, row]) => row));
    [...table.tHead.rows[0].cells].forEach((cell, index) => {
      cell.setAttribute("aria-sort", index !== column ? "none" : direction > 0 ? "ascending" : "descending");
    });
  }

  function makeSortable(table) {
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      let button = cell.querySelector("button");
      if (!button) {
        button = document.createElement("button");
        button.type = "button";
        button.append(...cell.childNodes, Object.assign(document.createElement("span"), { ariaHidden: "true" }));
        cell.append(button);
      }
      button.addEventListener("click", () => {
        const first = button.dataset.better === "more" ? -1 : 1;
        const now = cell.getAttribute("aria-sort");
        sortBy(table, column, now === "ascending" ? -1 : now === "descending" ? 1 : first);
      });
    });
  }
  document.querySelectorAll("table.models, table.sortable").forEach(makeSortable);

  // Filtering: rows stay whose text holds every word, and that pass the other controls.
  function makeFilter(table, box, status, noun, textOf, controls = [], passes = () => true) {
    const rows = [...table.tBodies[0].rows];
    function apply() {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) {
        const text = textOf(row).toLowerCase();
        row.hidden = !(words.every((word) => text.includes(word)) && passes(row));
      }
      const shown = rows.filter((row) => !row.hidden).length;
      status.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} ${noun}`;
    }
    for (const control of [box, ...controls]) control.addEventListener("input", apply);
  }
  const byId = (id) => document.getElementById(id);
  const onlyFront = byId("only-front"), onlyMeasured = byId("only-measured");
  makeFilter(byId("table"), byId("filter"), byId("matches"), "models", (row) => row.textContent, [onlyFront, onlyMeasured],
    (row) => (!onlyFront.checked || row.dataset.front === "1") && (!onlyMeasured.checked || row.dataset.measured === "1"));
  if (byId("class-filter")) {
    makeFilter(byId("classes"), byId("class-filter"), byId("class-matches"), "", (row) => row.cells[0].textContent);
  }

  // Try it: the model runs here; every text is set as text, never as markup.
  const box = document.getElementById("try-text");
  if (!box || !data.try) return;
  const model = tagpress.open(data.try);
  tagpress.model = model;
  window.tagpress = tagpress;
  const make = (name, className, text = "") => Object.assign(document.createElement(name), { className, textContent: text });

  function line(answer, c) {
    const probability = answer.probabilities[c], on = answer.decided[c];
    const row = make("div", `tag ${on ? "on" : "off"}`), meter = make("div", "meter");
    const bar = make("i", ""), limit = make("s", "");
    bar.style.width = `${100 * probability}%`;
    limit.style.left = `${100 * Math.min(1, model.thresholds[c])}%`;
    limit.title = `threshold ${model.thresholds[c].toFixed(2)}`;
    meter.append(bar, ...(model.thresholds[c] > 0 ? [limit] : []));
    const name = make("b", "", model.classes[c]);
    name.dir = "auto";
    const parts = answer.known ? tagpress.explain(model, box.value, c) : [];
    const because = parts.filter((part) => part.weight > 0).slice(0, 4);
    const reasons = make("span", "because");
    because.forEach((part, index) => {
      const code = make("code", "", part.ngram.replaceAll(" ", "␣"));
      code.dir = "auto";
      reasons.append(index ? " " : "", code, ` +${part.weight.toFixed(2)}`);
    });
    row.append(name, meter, make("span", "number", probability.toFixed(3)), reasons);
    return row;
  }

  function answerNow() {
    const start = performance.now();
    const answer = model.classify(box.value);
    const took = performance.now() - start;
    const order = [...model.classes.keys()].sort((a, b) => answer.probabilities[b] - answer.probabilities[a]);
    const on = order.filter((c) => answer.decided[c]);
    const shown = [...on, ...order.filter((c) => !on.includes(c)).slice(0, Math.max(2, 5 - on.length))];
    const mark = model.thresholds.some((least) => least > 0) ? " The mark on each bar is its threshold." : "";
    const known = answer.known ? "" : " Nothing in this text is known (known: false): it gets what the training data say of such texts.";
    const note = make("p", "note", `${summary(answer, on)}; ${took.toFixed(1)} ms in this page.${mark}${known}`);
    note.dir = "auto";
    document.getElementById("try-answer").replaceChildren(note, ...shown.map((c) => line(answer, c)));
  }

  function summary(answer, on) {
    if (model.task === "multiclass" && !on.length) return "Not sure enough of any class";
    if (model.task !== "multilabel") return `Answer: ${answer.names[0]}`;
    return on.length ? `${on.length} of ${model.classes.length} labels` : "No label reaches its threshold";
  }
  box.addEventListener("input", answerNow);
  answerNow();
})();
