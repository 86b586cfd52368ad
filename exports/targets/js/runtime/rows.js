// The sum of rows: the same whole numbers as in NumPy and C. Products and sums stay below 2^53, where doubles are exact;
// only a norm over very many n-grams is carried in a BigInt.
const MOST_UNITS = 65535, EXACT = 2 ** 52;

function openModel(content) {
  const code = openCode(content.code, content.sizeBits), { classes, idfs } = content, n = content.scale.length;
  const rows = content.blocks.reduce((sum, block) => sum + block.rows, 0), idf = new Int32Array(rows);
  const width = 32 - Math.clz32(idfs.length - 1), readers = new Map(), logarithms = logarithmsOf();
  let first = 0;
  const blocks = content.blocks.map((block, b) => {
    const { cleaning } = block;
    if (!readers.has(cleaning)) readers.set(cleaning, openReader(cleaning, content.stopWords));
    const find = block.hashing ? openBuckets(code, block, first) : openTerms(code, block, [...content.characters], first);
    for (let i = 0; i < block.rows; i++) idf[first + i] = idfs[code.symbol(width, b, b + 16 * find.lengths[i])];
    first += block.rows;
    return { ...block, ...find, reader: readers.get(cleaning), cut: [], span: new Int32Array(0), found: new Int32Array(0), logarithms };
  });
  const model = {
    content, blocks, idf, turn: 0, thresholds: Float32Array.from(content.thresholds),
    scale: Float64Array.from(content.scale, Math.fround), intercept: Float64Array.from(content.intercept, Math.fround),
    starts: new Int32Array(rows + 1), counts: new Int32Array(rows), total: new Float64Array(n), sums: new Float64Array(n),
  };
  return Object.assign(model, openLevels(code, content.most, rows, n, model.starts));
}

// Levels that are not 0, with their classes, row by row.
function openLevels(code, most, rows, n, starts) {
  const columns = [], levels = [], width = 32 - Math.clz32(2 * most - 1);
  for (let row = 0; row < rows; row++) {
    for (let c = 0, before = 0; c < n; c++) if (code.symbol(1, 512, 1024 + c, 8192 + Math.min(before, 15))) {
      const level = code.symbol(width, 513, 131072 + c) - most;
      columns.push(c);
      levels.push(level < 0 ? level : level + 1);
      before++;
    }
    starts[row + 1] = columns.length;
  }
  return { columns: Int32Array.from(columns), levels: Int8Array.from(levels) };
}

// Terms, sorted, each with as many characters of the one before as it shares; found by a hash of their code points.
function openTerms({ symbol }, { rows }, characters, first) {
  const lengths = new Int32Array(rows), starts = new Int32Array(rows + 1), all = [], hashes = new Int32Array(rows);
  const width = 32 - Math.clz32(characters.length), size = 2 ** (33 - Math.clz32(rows)), table = new Int32Array(size).fill(-1);
  let last = [];
  for (let i = 0; i < rows; i++) {
    const term = last.slice(0, symbol(8, 514, 3e5 + last.length));
    for (let a = term[term.length - 1] || 0, b = term[term.length - 2] || 0, c = term[term.length - 3] || 0; ;) {
      const char = symbol(width, 4e5 + a, (a * 4099 + b) * 8 + 5, ((a * 4099 + b) * 4099 + c) * 8 + 6);
      if (!char) break;
      term.push(char);
      c = b; b = a; a = char;
    }
    last = term;
    let hash = 0;
    for (const char of term) {
      const point = characters[char - 1].codePointAt(0);
      all.push(point);
      hash = Math.imul(hash ^ point, 16777619);
    }
    lengths[i] = term.length; starts[i + 1] = all.length; hashes[i] = hash;
    let slot = (hash ^ hash >>> 15) & size - 1;
    while (table[slot] >= 0) slot = slot + 1 & size - 1;
    table[slot] = i;
  }
  return { first, lengths, starts, hashes, table, letters: Int32Array.from(all) };
}

function findTerm({ first, starts, hashes, table, letters }, points, from, length, hash) {
  const mask = table.length - 1;
  for (let slot = (hash ^ hash >>> 15) & mask, row; (row = table[slot]) >= 0; slot = slot + 1 & mask) {
    if (hashes[row] !== hash || starts[row + 1] - starts[row] !== length) continue;
    let i = 0;
    while (i < length && letters[starts[row] + i] === points[from + i]) i++;
    if (i === length) return first + row;
  }
  return -1;
}

// Words of a cleaned text as [start, end, ...]: runs of letters, each symbol, each character that stands alone with its marks.
function wordsOf(model, { name, points, size }) {
  const words = [], letters = name === "course" || name === "letters";
  let mode = BLANK;
  for (let i = 0; i < size; i++) {
    const point = points[i];
    let kind = point === 32 ? BLANK : letters ? LETTER : point < 128 ? +isSymbol(point) : model.unicode.kinds[point];
    if (kind === UNSEEN || kind === UNKNOWN) kind = SYMBOL;
    const joins = kind === MARK ? mode === LETTER || mode === ALONE : kind === LETTER && mode === LETTER;
    if (joins) words[words.length - 1] = i + 1;
    else if (kind !== BLANK) words.push(i, i + 1);
    if (!joins) mode = kind === MARK ? LETTER : kind;
  }
  return words;
}

// What n-grams are cut from: code points, and where each run of them starts and ends; both kept in the block.
function cutRuns(model, block) {
  const { analyzer, reader, cut } = block, { points, size } = reader, sub = analyzer === "subword", word = analyzer === "word";
  const bare = analyzer === "char_bare", words = sub || word ? wordsOf(model, reader) : analyzer === "char_wb" ? [] : [0, size];
  if (block.span.length < 3 * size + 2) block.span = new Int32Array(6 * size + 64);
  const { span } = block;
  cut.length = 0;
  if (!size) return;
  if (analyzer === "char_wb") for (let i = 0, start = 0; i <= size; i++) if (i === size || points[i] === 32) { words.push(start, i); start = i + 1; }
  let at = 0;
  for (let w = 0; w < words.length; w += 2) {
    if (word && words[w + 1] - words[w] < block.shortest_word) continue;
    cut.push(at);
    if (!bare && !word) span[at++] = sub ? 60 : 32;
    for (let i = words[w]; i < words[w + 1]; i++) span[at++] = points[i];
    if (word) { cut.push(at); span[at++] = 32; continue; }
    if (!bare) span[at++] = sub ? 62 : 32;
    cut.push(at);
  }
}

// Every n-gram of a text, as often as it occurs: start, length and hash of each in block.found; three times how many.
function termsOf(block) {
  const { analyzer, low, high, cut, span } = block, word = analyzer === "word", sub = analyzer === "subword";
  const most = 3 * (high - low + 1) * (cut[cut.length - 1] ?? 0);
  if (block.found.length < most) block.found = new Int32Array(2 * most);
  const { found } = block, whole = analyzer === "char_wb" || analyzer === "char";
  let size = 0;
  for (let r = 0; r < cut.length; r += 2) {
    const first = cut[r], end = cut[r + 1], least = whole ? Math.min(low, end - first) : low;
    for (let start = first; start < end; start++) {
      let hash = 0, at = start;
      for (let n = 1; n <= high; n++) {
        const stop = word ? cut[r + 2 * n - 1] : start + n;
        if (!(word ? stop : stop <= end)) break;
        for (; at < stop; at++) hash = Math.imul(hash ^ span[at], 16777619);
        if (n < least || sub && n === 1 && (start === first || at === end)) continue; // a mark alone is none
        found[size] = start; found[size + 1] = at - start; found[size + 2] = hash;
        size += 3;
      }
      if (word) break;
    }
  }
  return size;
}

// 4096 times 1 + ln(n); none is so near a half that the engine's own logarithm could matter.
const logarithmsOf = () => Int32Array.from({ length: 4096 }, (_, n) => n && Math.round(4096 * (1 + Math.log(n))));

// Of one count: tf, 1, or its logarithm, times 4096, times the idf; rounded to units.
function unitsOf({ binary, sublinear, logarithms }, idf, count) {
  const many = Math.abs(count);
  const tf = binary ? (many ? 4096 : 0) : sublinear ? logarithms[Math.min(many, 4095)] : 4096 * Math.min(many, MOST_UNITS);
  const x = Math.floor((idf * tf + 2048) / 4096);
  return Math.max(-MOST_UNITS, Math.min(MOST_UNITS, count < 0 && !binary ? -x : x)) | 0;
}

function inverseOf(content, norm, units) {
  if (norm === "none") return content.unit;
  let size = 0, carried = 0n;
  for (const x of units) {
    size += norm === "l2" ? x * x : Math.abs(x);
    if (size > EXACT) { carried += BigInt(size); size = 0; }
  }
  if (carried) size = Number(carried + BigInt(size));
  return size ? 1 / (norm === "l2" ? Math.sqrt(size) : size) : 0;
}

// The rows that a text holds, group by group: each(rows, their units, what a sum over them is multiplied by).
function forEachGroup(model, text, each) {
  const { content, blocks } = model, turn = model.turn = model.turn + 1 | 0;
  for (let b = 0; b < blocks.length;) {
    const { norm } = blocks[b], rows = [], units = [], without = [];
    do {
      const block = blocks[b];
      if (block.reader.turn !== turn) { read(model, block.reader, text); block.reader.turn = turn; }
      cutRuns(model, block);
      if (block.hashing) findBuckets(model, block, rows, units, without); else findTerms(model, block, rows, units);
    } while (++b < blocks.length && blocks[b].joined);
    each(rows, units, inverseOf(content, norm, without.length ? units.concat(without) : units));
  }
}

function findTerms({ counts, idf }, block, rows, units) {
  const before = rows.length, size = termsOf(block), { found, span } = block;
  for (let i = 0; i < size; i += 3) {
    const row = findTerm(block, span, found[i], found[i + 1], found[i + 2]);
    if (row >= 0 && !counts[row]++) rows.push(row);
  }
  for (let i = before; i < rows.length; i++) { units.push(unitsOf(block, idf[rows[i]], counts[rows[i]])); counts[rows[i]] = 0; }
}

function score(model, text) {
  const { total, sums, starts, columns, levels, scale, intercept } = model;
  let known = false;
  total.fill(0);
  forEachGroup(model, text, (rows, units, inverse) => {
    known ||= rows.length > 0;
    sums.fill(0);
    for (let i = 0; i < rows.length; i++) {
      const x = units[i];
      for (let at = starts[rows[i]], end = starts[rows[i] + 1]; at < end; at++) sums[columns[at]] += x * levels[at];
    }
    for (let c = 0; c < total.length; c++) total[c] += sums[c] * inverse;
  });
  const logits = new Float32Array(total.length);
  for (let c = 0; c < logits.length; c++) logits[c] = total[c] * scale[c] + intercept[c];
  return { logits, known };
}
