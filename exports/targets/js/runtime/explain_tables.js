// What each window adds to a column's logit, windows that see the same characters together; largest first. `start` and
// `end` count the characters of the cleaned text.
function reasons(model, text, column) {
  const { length } = encode(model, text), { tables, floors, head, scale, reader, content } = model;
  const left = (model.reach - 1) >> 1, n = floors.length, windows = new Map(), places = placesOf(reader, content.bytes);
  for (const table of tables) for (let i = 0; i < table.filters; i++) {
    const f = table.first + i;
    const { best, at } = winner(model, table, i, left - ((table.width - 1) >> 1), Math.max(length, 1), floors[f]);
    const first = Math.max(0, at - ((table.width - 1) >> 1)), last = Math.min(length, at - ((table.width - 1) >> 1) + table.width) - 1;
    const start = first <= last ? places[first] : 0, end = first <= last ? places[last] + 1 : 0, key = start + ":" + end;
    const window = windows.get(key) ?? { ngram: textOf(reader.points, start, end), start, end, weight: 0 };
    window.weight += scale[column] * head[column * n + f] * best;
    windows.set(key, window);
  }
  return [...windows.values()].filter(({ ngram }) => ngram.trim()).sort((a, b) => b.weight - a.weight);
}

// Largest sum of one filter and where it is first, beyond the text where the floor is larger.
function winner({ cells, padded, nIds }, { width, size, at: table }, filter, from, length, floor) {
  let best = floor, at = length + width;
  for (let t = 0; t < length; t++) {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += cells[table + (k * nIds + padded[from + t + k]) * size + filter];
    if (sum > best) { best = sum; at = t; }
  }
  return { best, at };
}

// Of each id the number of its character, whose bytes share it.
function placesOf({ points, size }, bytes) {
  const places = [];
  for (let i = 0; i < size; i++) for (let n = bytes ? utf8(points, i, i + 1).length : 1; n; n--) places.push(i);
  return places;
}
