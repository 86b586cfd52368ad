// Numbers in doubles to float32 probabilities, added from the first to the last.
function softmax(logits) {
  const most = logits.reduce((a, b) => (b > a ? b : a), -Infinity);
  let sum = 0;
  // Where the largest is infinite, it is as far from itself as any other that is as large.
  const powers = Array.from(logits, (logit) => { const power = exp(logit - most || 0); sum += power; return power; });
  return Float32Array.from(powers, (power) => power / sum);
}
