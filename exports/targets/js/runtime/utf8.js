// The bytes of code points in UTF-8; a surrogate never reaches here.
function utf8(points, start, end) {
  const bytes = [];
  for (let i = start; i < end; i++) {
    const point = points[i];
    if (point < 128) bytes.push(point);
    else {
      const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
      bytes.push((0xff00 >> more + 1) & 0xff | point >> 6 * more);
      for (let n = more - 1; n >= 0; n--) bytes.push(0x80 | (point >> 6 * n & 0x3f));
    }
  }
  return bytes;
}
