// The product of the logistic functions along each class's path.
const byLink = (content, logits) => Float32Array.from(content.paths, (path) =>
  exp(path.reduce((sum, [node, turned]) => sum + logLogistic(turned ? -logits[node] : logits[node]), 0)));
