function byLink(content, logits) {
  const probabilities = new Float32Array(logits.length);
  for (let c = 0; c < logits.length; c++) {
    const power = exp(-Math.abs(logits[c]));
    probabilities[c] = (logits[c] < 0 ? power : 1) / (1 + power);
  }
  return probabilities;
}
