// Probabilities and decisions of a text, as baselines/task.py says them.
function answer(model, text) {
  if (typeof text !== "string") throw new TypeError(`classify: a string is needed, got ${text === null ? "null" : typeof text}; pass one text at a time`);
  const { content } = model, { task, unknown } = content, { logits, known } = score(model, text);
  const probabilities = known || !unknown ? byLink(content, logits) : Float32Array.from(unknown);
  const decided = [], names = [], { thresholds } = model;
  let largest = 0;
  for (let c = 1; c < probabilities.length; c++) if (probabilities[c] > probabilities[largest]) largest = c;
  for (let c = 0; c < probabilities.length; c++) {
    decided.push(probabilities[c] >= thresholds[c] && (task !== "multiclass" || c === largest));
    if (task === "binary") names.push(content.names[+decided[0]]);
    else if (decided[c]) names.push(content.names[c]);
  }
  return { known, logits, probabilities, decided, names };
}
