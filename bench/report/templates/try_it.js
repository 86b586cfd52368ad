"use strict";
// The table model in plain JavaScript: the same cleaning, ids and integer tables as in Python, nothing sent anywhere.
// Rows of int8 tables are added, the largest sum a filter is kept, one integer matrix follows; only then floats come in.
const tagpress = (() => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const int8 = (text) => new Int8Array(bytes(text).buffer);
  const float32 = (text) => new Float32Array(bytes(text).buffer);

  function open(content) {
    const edges = [];
    content.word_ranges.reduce((at, step) => (edges.push(at + step), at + step), 0);
    const ids = new Map([...content.alphabet].map((char, position) => [char, position + 2]));
    return {
      classes: content.classes,
      thresholds: float32(content.thresholds),
      tables: content.tables.map((t) => ({ ...t, values: int8(t.values) })),
      head: int8(content.head),
      scale: float32(content.scale),
      bias: float32(content.bias),
      stopWords: new Set(content.stop_words),
      edges: Uint32Array.from(edges),
      ids,
    };
  }

  // Whether a code point is a letter or digit: it lies behind an odd number of edges.
  function isWord(edges, point) {
    let low = 0, high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[middle] <= point) low = middle + 1; else high = middle;
    }
    return low % 2 === 1;
  }

  function clean(model, text) {
    let spaced = "";
    for (const char of text.toLowerCase()) spaced += isWord(model.edges, char.codePointAt(0)) ? char : " ";
    return spaced.split(" ").filter((word) => word && !model.stopWords.has(word)).join(" ");
  }

  // Largest response of every filter and where its window starts; integers, exact.
  function pool(table, ids) {
    const { width, n_ids, filters, values } = table;
    const length = Math.max(ids.length, 1), left = (width - 1) >> 1;
    const best = new Int32Array(filters).fill(-0x80000000), at = new Int32Array(filters), sum = new Int32Array(filters);
    for (let t = 0; t < length; t++) {
      sum.fill(0);
      for (let k = 0; k < width; k++) {
        const position = t + k - left;
        const id = position >= 0 && position < ids.length ? ids[position] : 0;
        if (!id) continue; // the padding row is zero
        const row = (k * n_ids + id) * filters;
        for (let f = 0; f < filters; f++) sum[f] += values[row + f];
      }
      for (let f = 0; f < filters; f++) if (sum[f] > best[f]) { best[f] = sum[f]; at[f] = t - left; }
    }
    return { best, at };
  }

  function predict(model, text) {
    const cleaned = clean(model, text), chars = [...cleaned];
    const ids = chars.map((char) => model.ids.get(char) ?? 1);
    const pooled = [], starts = [], widths = [];
    for (const table of model.tables) {
      const { best, at } = pool(table, ids);
      pooled.push(...best); starts.push(...at);
      for (let f = 0; f < table.filters; f++) widths.push(table.width);
    }
    const n = pooled.length;
    const logits = new Float32Array(model.classes.length);
    const probabilities = new Float32Array(model.classes.length);
    for (let c = 0; c < logits.length; c++) {
      let total = 0;
      for (let f = 0; f < n; f++) total += model.head[c * n + f] * pooled[f];
      logits[c] = Math.fround(model.scale[c] * Math.fround(total)) + model.bias[c];
      const tanh = Math.fround(Math.tanh(Math.fround(0.5 * logits[c])));
      probabilities[c] = 0.5 * Math.fround(1 + tanh);
    }
    const predicted = model.classes.filter((_, c) => probabilities[c] >= model.thresholds[c]);
    return { cleaned, chars, logits, probabilities, predicted, pooled, starts, widths };
  }

  // What each window adds to a class's logit, windows of the same place and width together; largest first.
  function parts(model, answer, c) {
    const n = answer.pooled.length, windows = new Map();
    for (let f = 0; f < n; f++) {
      const key = answer.starts[f] + ":" + answer.widths[f];
      const add = model.scale[c] * model.head[c * n + f] * answer.pooled[f];
      const start = Math.max(0, answer.starts[f]);
      const end = Math.min(answer.chars.length, answer.starts[f] + answer.widths[f]);
      const window = windows.get(key) ?? { start, end, weight: 0, ngram: answer.chars.slice(start, end).join("") };
      window.weight += add;
      windows.set(key, window);
    }
    return [...windows.values()].filter((w) => w.ngram.trim()).sort((a, b) => b.weight - a.weight);
  }

  return { open, clean, predict, parts };
})();
