// Python's Unicode: kinds of characters, and what casefold makes of them. Read when the first text that is not ASCII
// comes. Of normal forms the engine's own serve: of characters that it and Python know, they never change.
const LETTER = 0, SYMBOL = 1, UNSEEN = 2, UNKNOWN = 3, BLANK = 4, MARK = 5, ALONE = 6;

function openUnicode(text) {
  const { symbol, number } = openCode(text, 14);
  const kinds = new Uint8Array(0x110000), folds = new Map();
  for (let at = 0, kind = 7; at < 0x110000;) {
    kind = symbol(3, kind + 8);
    kinds.fill(kind, at, at += number(kind) + 1);
  }
  // Runs of capitals, evenly spaced, each as far from its small letter.
  const signed = (context) => { const value = number(context); return value & 1 ? ~(value >> 1) : value >> 1; };
  for (let at = 0, left = number(16); left; left--) {
    at += number(17);
    const count = number(18), step = count ? number(19) + 1 : 0, shift = signed(20);
    for (let n = 0; n <= count; n++) folds.set(at + n * step, String.fromCodePoint(at + n * step + shift));
    at += count * step;
  }
  for (let at = 0, left = number(21); left; left--) {
    at += number(22);
    let out = "", point = at;
    for (let n = number(23) + 2; n; n--) out += String.fromCodePoint(point += signed(24));
    folds.set(at, out);
  }
  return { kinds, folds };
}
