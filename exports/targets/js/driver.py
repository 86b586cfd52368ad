"""Programs that feed texts to a generated package and give its bits back: in Node over a pipe, in a page by a function.

Both speak one protocol, little-endian. In: uint32 bytes of a text, then its UTF-8 (a lone surrogate as three bytes),
until the end. Out, a text: int32 status, 0; float32 logits, float32 probabilities, uint8 decided of each class, uint8
known.
"""

from __future__ import annotations

import json

# A surrogate beside its other half would be one character in JavaScript; of both halves alone, each is U+FFFD to a
# model, and so they are made before.
_RUN = """
function textsOf(view) {
  const texts = [];
  for (let at = 0; at < view.byteLength;) {
    const size = view.getUint32(at, true), points = [];
    at += 4;
    for (const end = at + size; at < end;) {
      const lead = view.getUint8(at++), more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
      let point = more ? lead & (0x3f >> more) : lead;
      for (let n = more; n; n--) point = point << 6 | view.getUint8(at++) & 0x3f;
      const before = points[points.length - 1];
      if (before >= 0xd800 && before < 0xdc00 && point >= 0xdc00 && point < 0xe000) {
        points[points.length - 1] = 0xfffd;
        point = 0xfffd;
      }
      points.push(point);
    }
    let text = "";
    for (const point of points) text += String.fromCodePoint(point);
    texts.push(text);
  }
  return texts;
}

function run(classify, view) {
  const answers = textsOf(view).map(classify), parts = [];
  for (const { logits, probabilities, decided, known } of answers) {
    const record = new DataView(new ArrayBuffer(4 + 4 * logits.length + 5 * probabilities.length + 1));
    let at = 4;
    for (const value of [...logits, ...probabilities]) { record.setFloat32(at, value, true); at += 4; }
    for (const value of [...decided, known]) record.setUint8(at++, value);
    parts.push(new Uint8Array(record.buffer));
  }
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}
"""


def driver_source(module_url: str) -> str:
    """A Node program (an ES module): records in on its standard input, answers out on its standard output.

    Args:
        module_url: what it imports: a `file:` address of a generated `index.js`, or a package's name.
    """
    return f"""import {{ classify }} from {json.dumps(module_url)};
import {{ readFileSync, writeSync }} from "node:fs";
{_RUN}
const input = readFileSync(0), output = run(classify, new DataView(input.buffer, input.byteOffset, input.byteLength));
for (let at = 0; at < output.length;) {{
  try {{ at += writeSync(1, output, at); }} catch (error) {{ if (error.code !== "EAGAIN") throw error; }}
}}
"""


def page_source(module: str) -> str:
    """An expression for a page: installs `window.answers`, base64 of records to a promise of base64 of answers.

    Args:
        module: the text of a generated `index.js`, which is imported from a `blob:` address; nothing is fetched.
    """
    return f"""(async () => {{
{_RUN}
const url = URL.createObjectURL(new Blob([{json.dumps(module)}], {{ type: "text/javascript" }}));
const {{ classify }} = await import(url);
window.answers = (records) => {{
  const input = Uint8Array.from(atob(records), (char) => char.charCodeAt(0));
  const output = run(classify, new DataView(input.buffer));
  let text = "";
  for (const byte of output) text += String.fromCharCode(byte);
  return btoa(text);
}};
return true;
}})()"""
