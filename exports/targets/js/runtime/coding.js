// Reads what exports/targets/js/coding.py wrote: bits by a range coder whose probabilities are counts, so that no table
// of codes is shipped. Every step is exact or rounded as IEEE 754 says, so that both sides count alike.
function openCode(text, sizeBits) {
  const bytes = atob(text), counts = new Uint32Array(2 ** (sizeBits + 1)), shift = 32 - sizeBits;
  // What changes lies in arrays: an engine keeps their numbers unboxed.
  const state = new Float64Array([0, 2 ** 32]), contexts = new Int32Array(3), slots = new Int32Array(3);
  let at = 0;
  const next = () => bytes.charCodeAt(at++) || 0;
  for (let i = 0; i < 4; i++) state[0] = state[0] * 256 + next();

  function decode(width, many) {
    let node = 1, code = state[0], range = state[1];
    for (let left = width; left; left--) {
      const spread = Math.imul(node, 0x85ebca6b);
      let p = 0.5;
      for (let i = 0; i < many; i++) {
        const slot = slots[i] = (contexts[i] ^ spread) >>> shift << 1, zeros = counts[slot];
        p = (zeros + p) / (zeros + counts[slot + 1] + 1);
      }
      const bound = Math.floor((range - 2) * p) + 1, bit = code < bound ? 0 : 1;
      if (bit) { code -= bound; range -= bound; } else range = bound;
      for (let i = 0; i < many; i++) counts[slots[i] + bit]++;
      for (; range < 16777216; range *= 256) code = code * 256 + next();
      node = 2 * node + bit;
    }
    state[0] = code; state[1] = range;
    return node - (1 << width);
  }

  // A number of so many bits; contexts from the least telling to the most.
  function symbol(width, a, b, c) {
    contexts[0] = Math.imul(a, 0x9e3779b1);
    if (b === undefined) return decode(width, 1);
    contexts[1] = Math.imul(b, 0x9e3779b1);
    if (c === undefined) return decode(width, 2);
    contexts[2] = Math.imul(c, 0x9e3779b1);
    return decode(width, 3);
  }

  // A number from 0 on: how many bits it has, then these.
  function number(context) {
    const width = symbol(6, context * 64);
    let value = 1;
    for (let i = 1; i < width; i++) value = 2 * value + symbol(1, (context * 64 + width) * 64 + i);
    return value - 1;
  }

  // So many values from -most to most.
  function levels(count, most, context) {
    const width = 32 - Math.clz32(2 * most), values = new Int8Array(count);
    for (let i = 0; i < count; i++) values[i] = symbol(width, context) - most;
    return values;
  }

  return { symbol, number, levels };
}
