// The cleanings of baselines/text/cleaning.py; ASCII by one table, all else by normal forms.
const isSymbol = (code) => code < 48 || (code > 57 && code < 65) || (code > 90 && code < 97) || code > 122;

// What each ASCII character becomes: 0 a blank, above 128 a word of its own.
function asciiOf(name) {
  return Uint8Array.from({ length: 128 }, (_, code) => {
    if (code <= 32 || code === 127) return 0;
    if (isSymbol(code)) return name === "raw" ? code : name === "words" ? code + 128 : 0;
    return name !== "raw" && code > 64 && code < 91 ? code + 32 : code;
  });
}

function openReader(name, stopWords) {
  const stop = new Set(name === "course" ? stopWords.split(" ") : []), stopHashes = new Uint8Array(1024);
  for (const word of stop) stopHashes[[...word].reduce((hash, char) => hash * 5 + char.charCodeAt(0), 0) & 1023] = 1;
  return { name, stop, stopHashes, ascii: asciiOf(name), points: new Int32Array(0), size: 0, turn: 0 };
}

// Leaves the code points of the cleaned text in reader.points, reader.size of them.
function read(model, reader, text) {
  if (reader.points.length < 2 * text.length + 2) reader.points = new Int32Array(4 * text.length + 64);
  const { ascii, points, stop, stopHashes } = reader, stops = stop.size > 0;
  let size = 0, start = 0, hash = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 32;
    if (code > 127) return readAny(model, reader, text);
    const becomes = ascii[code];
    if (becomes && becomes < 128) {
      points[size++] = becomes;
      hash = (hash * 5 + becomes) | 0;
      continue;
    }
    if (size > start) {
      if (stops && stopHashes[hash & 1023] && stop.has(text.slice(i - size + start, i).toLowerCase())) size = start;
      else points[size++] = 32;
    }
    if (becomes) { points[size++] = becomes - 128; points[size++] = 32; }
    start = size;
    hash = 0;
  }
  reader.size = Math.max(0, size - 1);
}

const each = (text, change) => { let out = ""; for (const char of text) out += change(char, char.codePointAt(0)); return out; };

function readAny(model, reader, text) {
  const { kinds, folds } = model.unicode ??= openUnicode(model.content.unicode), raw = reader.name === "raw";
  let out = each(text, (char, point) => {
    const kind = kinds[point];
    return kind === UNKNOWN ? "\ufffd" : kind === UNSEEN ? "" : kind === BLANK ? " " : char;
  });
  if (/\p{Cn}/u.test(out)) throw new RangeError("classify: this JavaScript engine doesn't know all characters of the text; use a newer one");
  if (raw) out = out.normalize("NFC");
  else {
    out = each(out.normalize("NFKC"), (char, point) => folds.get(point) ?? char).replace(/i\u0307+/g, "i").normalize("NFKC");
    const apart = reader.name === "words";
    out = each(out, (char, point) => {
      const kind = kinds[point];
      return kind === LETTER || kind >= MARK ? char : apart && kind !== BLANK ? ` ${char} ` : " ";
    });
  }
  out = out.split(" ").filter((word) => word && !reader.stop.has(word)).join(" ");
  if (reader.points.length < out.length + 2) reader.points = new Int32Array(2 * out.length + 64);
  reader.size = 0;
  for (const char of out) reader.points[reader.size++] = char.codePointAt(0);
}

const textOf = (points, start, end) => { let out = ""; for (let i = start; i < end; i++) out += String.fromCodePoint(points[i]); return out; };
