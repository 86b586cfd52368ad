// The table form: rows of small integers are added, the largest sum of each filter is kept, one integer matrix follows;
// only then floats come in. Cells are 16 bits wide and lie in one memory, rows padded to whole blocks of 16 filters.
const STRETCH = 4096;

function openModel(content) {
  const { widths, alphabet, ids: nIds, columns, most } = content, { levels } = openCode(content.code, 14), classes = content.scale.length;
  const sizes = widths.map(([, filters]) => (filters + 15) & ~15), n = sizes.reduce((a, b) => a + b), reach = widths[widths.length - 1][0];
  const cellsOfTables = widths.reduce((sum, [width], i) => sum + width * nIds * sizes[i], 0);
  const offsetsAt = 2 * cellsOfTables + 2 * n * (classes + 1), size = offsetsAt + 4 * (STRETCH + reach);
  const memory = openMemory(size), cells = new Int16Array(memory.buffer, 0, offsetsAt / 2), lanes = openLanes(memory);
  const embedding = columns && levels(nIds * columns, most[0], 0);
  let at = 0, first = 0;
  const tables = widths.map(([width, filters], i) => {
    const values = levels(width * (columns || nIds) * filters, most[i + 1], i + 1), size = sizes[i], table = { width, filters, size, at, first };
    const full = embedding ? expanded(embedding, values, nIds, width, filters) : values;
    for (let row = 0; row < width * nIds; row++) for (let f = 0; f < filters; f++) cells[at + row * size + f] = full[row * filters + f];
    at += width * nIds * size;
    first += size;
    return table;
  });
  const pooled = new Int16Array(memory.buffer, 2 * at, n), floors = new Int16Array(n).fill(-32768);
  // Numbers of all filters as they are stored, without the padding.
  const spread = (values, to, from) => tables.forEach(({ first, filters }) => { for (let f = 0; f < filters; f++) to[first + f] = values[from++]; });
  const nFilters = tables.reduce((sum, { filters }) => sum + filters, 0), [floorMost, headMost] = most.slice(-2);
  if (content.floors) {
    const low = levels(nFilters, floorMost, 62), high = content.floors > 1 ? levels(nFilters, floorMost, 62) : new Int8Array(nFilters);
    spread(Int16Array.from(low, (digit, f) => digit + 255 * high[f]), floors, 0);
  }
  const heads = levels(nFilters * classes, headMost, 63), head = cells.subarray(at + n);
  for (let c = 0; c < classes; c++) spread(heads, head.subarray(c * n, (c + 1) * n), c * nFilters);
  const known = new Uint8Array(256).fill(1), ids = new Map([...alphabet].map((char, i) => [char.codePointAt(0), i + 2]));
  known[0] = known[1] = known[ids.get(32) ?? 1] = 0;
  return {
    content, tables, floors, known, ids, head, cells, pooled, lanes, reach, nIds, offsetsAt,
    offsets: new Int32Array(memory.buffer, offsetsAt, STRETCH + reach), ascii: Uint8Array.from({ length: 256 }, (_, point) => ids.get(point) ?? 1),
    scale: Float32Array.from(content.scale), bias: Float32Array.from(content.bias), thresholds: Float32Array.from(content.thresholds),
    reader: openReader(content.cleaning, content.stopWords), padded: new Uint8Array(0),
  };
}

// The tables of one width from their factors: products, each filter's largest magnitude to 127, halves away from zero.
function expanded(embedding, filters, nIds, width, count) {
  const columns = embedding.length / nIds, table = new Int32Array(width * nIds * count), most = new Int32Array(count).fill(1);
  for (let k = 0; k < width; k++) for (let id = 1; id < nIds; id++) {
    const row = (k * nIds + id) * count;
    for (let d = 0; d < columns; d++) {
      const factor = embedding[id * columns + d], from = (k * columns + d) * count;
      if (factor) for (let f = 0; f < count; f++) table[row + f] += factor * filters[from + f];
    }
    for (let f = 0; f < count; f++) most[f] = Math.max(most[f], Math.abs(table[row + f]));
  }
  return table.map((value, i) => {
    const m = most[i % count], size = Math.floor((254 * Math.abs(value) + m) / (2 * m));
    return value < 0 ? -size : size;
  });
}

// The text's ids with padding around them, behind `start`; how many, and whether any is known.
function encode(model, text) {
  const { reader, reach, ids, ascii, known, content } = model, left = (reach - 1) >> 1;
  read(model, reader, text);
  const { points, size } = reader, most = (content.bytes ? 4 : 1) * size + 2 * reach + 1;
  if (model.padded.length < most) model.padded = new Uint8Array(2 * most + 64);
  const { padded } = model;
  padded.fill(0, 0, left);
  let n = left, knows = 0;
  for (let i = 0; i < size; i++) {
    const point = points[i];
    if (point < 128) knows |= known[padded[n++] = ascii[point]];
    else if (content.bytes) for (const byte of utf8(points, i, i + 1)) knows |= known[padded[n++] = ascii[byte]];
    else knows |= known[padded[n++] = ids.get(point) ?? 1];
  }
  padded.fill(0, n, Math.max(n, left + 1) + reach);
  return { length: n - left, known: knows > 0 };
}

// Largest sums of all filters, into pooled.
function poolPlainly({ tables, cells, padded, pooled, nIds, reach }, length) {
  for (const { width, filters, size, at, first } of tables) {
    const from = ((reach - 1) >> 1) - ((width - 1) >> 1), sums = new Int32Array(filters);
    for (let t = from; t < from + length; t++) {
      sums.fill(0);
      for (let k = 0; k < width; k++) {
        const id = padded[t + k], row = at + (k * nIds + id) * size;
        if (id) for (let f = 0; f < filters; f++) sums[f] += cells[row + f]; // the padding row is zero
      }
      for (let f = 0; f < filters; f++) if (sums[f] > pooled[first + f]) pooled[first + f] = sums[f];
    }
  }
}

// The same in lanes, a stretch of the text at a time.
function poolInLanes({ tables, lanes, pooled, padded, offsets, offsetsAt, nIds, reach }, length) {
  for (let start = 0; start < length; start += STRETCH) {
    const here = Math.min(STRETCH, length - start);
    let before = 0;
    for (const { width, size, at, first } of tables) {
      if (size !== before) for (let i = 0; i < here + reach - 1; i++) offsets[i] = 2 * size * padded[start + i];
      before = size;
      const from = offsetsAt + 4 * (((reach - 1) >> 1) - ((width - 1) >> 1));
      lanes.p(from, from + 4 * here, 4 * width, 2 * nIds * size, 2 * at, 2 * at + 2 * size, pooled.byteOffset + 2 * first);
    }
  }
}

function score(model, text) {
  const { length, known } = encode(model, text), { floors, pooled, head, scale, bias, lanes } = model;
  const n = pooled.length, logits = new Float32Array(scale.length);
  pooled.set(floors);
  (lanes ? poolInLanes : poolPlainly)(model, Math.max(length, 1));
  for (let c = 0; c < logits.length; c++) {
    const at = head.byteOffset + 2 * c * n;
    let total = 0;
    if (lanes) total = lanes.d(at, at + 2 * n, pooled.byteOffset);
    else for (let f = 0, from = c * n; f < n; f++) total = total + Math.imul(head[from + f], pooled[f]) | 0;
    logits[c] = Math.fround(scale[c] * Math.fround(total)) + bias[c];
  }
  return { logits, known };
}
