"use strict";
// The sum of rows in plain JavaScript: the same whole numbers as in NumPy and C, and the same bits in the logits. Products
// and sums stay below 2^53, where doubles are exact; only a norm over very many n-grams is carried in a BigInt.
const tagpressRows = (() => {
  const MOST_UNITS = 65535, EXACT = 2 ** 52;
  const utf8 = new TextEncoder();

  function open(content, { bytes, float32 }) {
    const packed = bytes(content.levels), n = content.n_logits;
    // Two levels a byte, each 8 too large; else one.
    const levels = content.nibbles
      ? Int8Array.from({ length: 2 * packed.length }, (_, i) => ((packed[i >> 1] >> (i & 1 ? 4 : 0)) & 15) - 8)
      : new Int8Array(packed.buffer);
    const logarithms = new Int32Array(bytes(content.logarithms).buffer);
    let first = 0;
    const blocks = content.blocks.map((block) => {
      const keys = block.hashing ? block.buckets : block.terms;
      const rowOf = new Map(keys.map((key, i) => [key, first + i]));
      first += keys.length;
      return { ...block, rowOf };
    });
    return { ...content, n, levels, logarithms, blocks, idf: new Int32Array(bytes(content.idf).buffer),
      scale: float32(content.scale), intercept: float32(content.intercept) };
  }

  // Every n-gram of a cleaned text, as often as it occurs.
  function* terms(block, clean, words) {
    const { analyzer, low, high } = block;
    if (analyzer === "word") {
      const kept = words.filter((word) => [...word].length >= block.shortest_word);
      for (let n = low; n <= Math.min(high, kept.length); n++)
        for (let i = 0; i + n <= kept.length; i++) yield kept.slice(i, i + n).join(" ");
      return;
    }
    const runs = analyzer === "char_wb" ? clean.split(" ").filter(Boolean) : analyzer === "subword" ? words : clean ? [clean] : [];
    for (const run of runs) {
      const [before, behind] = analyzer === "subword" ? "<>" : analyzer === "char_bare" ? ["", ""] : "  ";
      const chars = [before, ...run, behind].filter(Boolean), size = chars.length;
      const text = chars.join(""), at = [0];
      for (const char of chars) at.push(at[at.length - 1] + char.length);
      if (size < low && (analyzer === "char_wb" || analyzer === "char")) yield text;
      for (let n = low; n <= Math.min(high, size); n++) {
        const inside = n === 1 && analyzer === "subword" ? 1 : 0; // a mark alone is none
        for (let i = inside; i + n <= size - inside; i++) yield text.slice(at[i], at[i + n]);
      }
    }
  }

  function mixed(block) {
    block = Math.imul(block, 0xcc9e2d51);
    return Math.imul((block << 15) | (block >>> 17), 0x1b873593);
  }

  function murmur3(data) {
    let h = 0;
    const whole = data.length & ~3;
    for (let i = 0; i < whole; i += 4) {
      h ^= mixed(data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24));
      h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
    }
    let rest = 0;
    for (let i = whole; i < data.length; i++) rest |= data[i] << (8 * (i - whole));
    if (whole < data.length) h ^= mixed(rest);
    h ^= data.length;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  }

  const fnv1a = (data) => data.reduce((h, byte) => Math.imul(h ^ ((byte << 24) >> 24), 16777619), 2166136261 | 0);

  // Bucket of an n-gram, and what it counts there.
  function place({ name, buckets, signed }, term) {
    if (name === "murmur3") {
      const h = murmur3(utf8.encode(term));
      const size = h === -2147483648 ? 2147483647 - (buckets - 1) : Math.abs(h);
      return [size % buckets, signed && h < 0 ? -1 : 1];
    }
    if (name === "fnv1a") return [(fnv1a(utf8.encode(term)) >>> 0) % buckets, 1];
    let total = 0n;
    for (const word of term.split(" ")) total = BigInt.asUintN(64, total * 116049371n + BigInt(fnv1a(utf8.encode(word))));
    return [Number(total % BigInt(buckets)), 1];
  }

  // Of one count: tf, 1, or its logarithm, times 4096, times the idf; rounded to units.
  function unitsOf(rows, block, idf, count) {
    const many = Math.abs(count);
    const tf = block.binary ? (many ? 4096 : 0)
      : block.sublinear ? rows.logarithms[Math.min(many, rows.logarithms.length - 1)]
        : 4096 * Math.min(many, MOST_UNITS);
    const x = Math.floor((idf * tf + 2048) / 4096);
    return Math.max(-MOST_UNITS, Math.min(MOST_UNITS, count < 0 && !block.binary ? -x : x));
  }

  // Rows that a block finds, with their units and n-grams; and the units of what has no row and counts.
  function find(rows, block, clean, words) {
    const counts = new Map(), names = new Map();
    for (const term of terms(block, clean, words)) {
      const [key, sign] = block.hashing ? place(block.hashing, term) : [term, 1];
      if (!block.hashing && !block.rowOf.has(key)) continue;
      counts.set(key, (counts.get(key) ?? 0) + sign);
      if (block.hashing) names.set(key, (names.get(key) ?? new Set()).add(term));
    }
    const found = [], without = [];
    for (const [key, count] of counts) {
      const row = block.rowOf.get(key);
      if (row !== undefined) {
        const ngram = block.hashing ? [...names.get(key)].join(" | ") : key;
        found.push({ row, ngram, x: unitsOf(rows, block, rows.idf[row], count) });
      } else if (block.hashing.counted) without.push(unitsOf(rows, block, rows.without, count));
    }
    return { found, without };
  }

  function inverseOf(rows, norm, units) {
    if (norm === "none") return 2 ** -rows.bits;
    let size = 0, carried = 0n;
    for (const x of units) {
      size += norm === "l2" ? x * x : Math.abs(x);
      if (size > EXACT) { carried += BigInt(size); size = 0; }
    }
    size = carried ? Number(carried + BigInt(size)) : size;
    return size ? 1 / (norm === "l2" ? Math.sqrt(size) : size) : 0;
  }

  // read(cleaning): the text as that cleaning sees it, { clean, words }.
  function logits(rows, read) {
    const total = new Float64Array(rows.n), found = [];
    for (let b = 0; b < rows.blocks.length;) {
      const norm = rows.blocks[b].norm, own = [], units = [];
      do {
        const { clean, words } = read(rows.blocks[b].cleaning);
        const block = find(rows, rows.blocks[b], clean, words);
        for (const each of block.found) { own.push(each); units.push(each.x); }
        for (const x of block.without) units.push(x);
      } while (++b < rows.blocks.length && rows.blocks[b].joined);
      const inverse = inverseOf(rows, norm, units), sums = new Float64Array(rows.n);
      for (const { row, x } of own) for (let c = 0; c < rows.n; c++) sums[c] += x * rows.levels[row * rows.n + c];
      for (let c = 0; c < rows.n; c++) total[c] += sums[c] * inverse;
      for (const each of own) found.push({ ...each, value: each.x * inverse });
    }
    return { logits: Float32Array.from(total, (sum, c) => sum * rows.scale[c] + rows.intercept[c]), found };
  }

  // What each n-gram adds to a class's logit, largest first.
  function parts(rows, answer, c) {
    const shares = answer.found.map(({ row, ngram, value }) => ({ ngram, weight: value * rows.levels[row * rows.n + c] * rows.scale[c] }));
    return rows.link.name === "tree" ? [] : shares.sort((a, b) => b.weight - a.weight);
  }

  const logLogistic = (z) => Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));

  // Probabilities where the task alone doesn't say how they come from logits.
  function link({ name, paths }, logits, byTask) {
    if (name === "logistic_shares") return byTask(Array.from(logits, logLogistic), "multiclass");
    const along = (path) => path.reduce((sum, [node, turned]) => sum + logLogistic(turned ? -logits[node] : logits[node]), 0);
    return Float32Array.from(paths, (path) => Math.exp(along(path)));
  }

  return { open, logits, parts, link };
})();
