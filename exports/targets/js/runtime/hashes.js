// n-grams that are numbered by a hash of their UTF-8: baselines/text/hashing.py.
function openBuckets({ number }, { rows, hashing }, first) {
  const rowOf = new Map();
  for (let i = 0, at = -1; i < rows; i++) rowOf.set(at += number(600) + 1, first + i);
  return { rowOf, hashing, lengths: new Int32Array(rows) };
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

// Bucket of an n-gram, negative where it counts -1 there: -1 - bucket.
function bucketOf({ name, buckets, signed }, points, start, end) {
  if (name === "murmur3") {
    const h = murmur3(utf8(points, start, end));
    const bucket = (h === -2147483648 ? 2147483647 - (buckets - 1) : Math.abs(h)) % buckets;
    return signed && h < 0 ? -1 - bucket : bucket;
  }
  if (name === "fnv1a") return (fnv1a(utf8(points, start, end)) >>> 0) % buckets;
  let total = 0n;
  for (let from = start, i = start; i <= end; i++) if (i === end || points[i] === 32) {
    total = BigInt.asUintN(64, total * 116049371n + BigInt(fnv1a(utf8(points, from, i))));
    from = i + 1;
  }
  return Number(total % BigInt(buckets));
}

// Rows whose n-grams cancel each other stay; buckets without a row may take part in the norm.
function findBuckets({ content, idf }, block, rows, units, without) {
  const size = termsOf(block), { hashing, rowOf, span, found } = block, counts = new Map();
  for (let i = 0; i < size; i += 3) {
    const place = bucketOf(hashing, span, found[i], found[i] + found[i + 1]), bucket = place < 0 ? -1 - place : place;
    counts.set(bucket, (counts.get(bucket) ?? 0) + (place < 0 ? -1 : 1));
  }
  for (const [bucket, count] of counts) {
    const row = rowOf.get(bucket);
    if (row !== undefined) { rows.push(row); units.push(unitsOf(block, idf[row], count)); }
    else if (hashing.counted) without.push(unitsOf(block, content.without, count));
  }
}
