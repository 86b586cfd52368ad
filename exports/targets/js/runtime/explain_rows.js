// What each n-gram adds to a column's logit, largest first; none of a tree, whose columns are paths.
function reasons(model, text, column) {
  const found = [], { content, starts, columns, levels, scale, blocks } = model, ngrams = new Map();
  forEachGroup(model, text, (rows, units, inverse) => rows.forEach((row, i) => {
    let weight = 0;
    for (let at = starts[row]; at < starts[row + 1]; at++) if (columns[at] === column) weight = units[i] * inverse * levels[at] * scale[column];
    found.push({ row, weight });
  }));
  for (const block of blocks) for (let i = 0, size = termsOf(block); i < size; i += 3) {
    const { span, rowOf, hashing, found: terms } = block, start = terms[i], end = start + terms[i + 1];
    const place = hashing ? bucketOf(hashing, span, start, end) : 0;
    const row = hashing ? rowOf.get(place < 0 ? -1 - place : place) : findTerm(block, span, start, end - start, terms[i + 2]);
    ngrams.set(row, (ngrams.get(row) ?? new Set()).add(textOf(span, start, end)));
  }
  const named = found.map(({ row, weight }) => ({ ngram: [...ngrams.get(row)].join(" | "), weight }));
  return content.paths ? [] : named.filter(({ ngram }) => ngram.trim()).sort((a, b) => b.weight - a.weight);
}
