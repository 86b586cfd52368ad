function logLogistic(z) {
  const e = exp(-Math.abs(z)), s = e / (2 + e), square = s * s;
  let total = 1 / 25;
  for (let n = 23; n > 0; n -= 2) total = total * square + 1 / n;
  return Math.min(z, 0) - 2 * s * total;
}
