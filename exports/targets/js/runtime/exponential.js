// exp and log1p of the same bits everywhere: baselines/arithmetic/exponential.py, step by step.
function exp(x) {
  if (x < -200) return 0;
  const k = Math.floor(x * 1.4426950408889634 + 0.5), r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10;
  let total = 1 / 3628800, factorial = 3628800;
  for (let n = 10; n; n--) total = total * r + 1 / (factorial /= n);
  for (let n = k; n; n++) total *= 0.5;
  return total;
}
