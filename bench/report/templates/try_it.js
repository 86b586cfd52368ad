"use strict";
// Models in plain JavaScript: the same cleaning, ids and whole numbers as in Python, nothing sent anywhere. Of the table
// form rows of int8 tables are added, the largest sum a filter is kept, one integer matrix follows; only then floats come
// in. Sums of rows stand in try_it_rows.js.
const tagpress = (() => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const int8 = (text) => new Int8Array(bytes(text).buffer);
  const float32 = (text) => new Float32Array(bytes(text).buffer);
  const int16 = (text) => new Int16Array(bytes(text).buffer);

  const LETTER = 0, BLANK = 1, SYMBOL = 2, UNSEEN = 3, UNKNOWN = 4, MARK = 5;

  function open(content) {
    const shared = {
      classes: content.classes,
      task: content.task,
      names: content.names,
      thresholds: float32(content.thresholds),
      unknownAnswer: float32(content.unknown_answer),
      unicode: openUnicode(content.unicode),
    };
    if (content.rows) return { ...shared, stopWords: content.stop_words, rows: tagpressRows.open(content.rows, { bytes, float32 }) };
    const ids = new Map([...content.alphabet].map((char, position) => [char, position + 2]));
    return {
      ...shared,
      tables: openTables(content.tables, content.floors && int16(content.floors)),
      head: int8(content.head),
      scale: float32(content.scale),
      bias: float32(content.bias),
      cleaning: content.cleaning,
      stopWords: new Set(content.stop_words),
      unit: content.unit,
      ids,
      spaceId: ids.get(" ") ?? 1,
    };
  }

  // What each filter's responses start from: its floor, or below everything where there are none.
  function openTables(tables, floors) {
    let first = 0;
    return tables.map((t) => {
      const own = floors ? floors.subarray(first, first + t.filters) : new Int32Array(t.filters).fill(-0x80000000);
      first += t.filters;
      return { ...t, values: int8(t.values), floors: own };
    });
  }

  // Runs of code points of one kind, by where they end; and what a character casefolds to, where that is another.
  function openUnicode({ kinds, folds, longer }) {
    const ends = [], kind = [], folded = new Map(Object.entries(longer));
    for (let i = 0, at = 0; i < kinds.length; i += 2) { ends.push(at += kinds[i]); kind.push(kinds[i + 1]); }
    for (let i = 0, at = 0; i < folds.length; i += 4) {
      const [gap, count, step, shift] = folds.slice(i, i + 4);
      at += gap;
      for (let n = 0; n < count; n++, at += step) folded.set(String.fromCodePoint(at), String.fromCodePoint(at + shift));
      at -= step;
    }
    return { ends: Uint32Array.from(ends), kind, folded };
  }

  // Marks and characters that stand alone are letters wherever they aren't told apart.
  const kindOf = (tables, char) => { const kind = exactKindOf(tables, char); return kind < MARK ? kind : LETTER; };

  function exactKindOf({ ends, kind }, char) {
    const point = char.codePointAt(0);
    let low = 0, high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] <= point) low = middle + 1; else high = middle;
    }
    return kind[low];
  }

  const each = (text, change) => { let out = ""; for (const char of text) out += change(char); return out; };

  // What every text passes first. Characters that Python doesn't know must not reach the browser's `normalize`.
  function door(tables, text) {
    return each(text, (char) => {
      const kind = kindOf(tables, char);
      return kind === BLANK ? " " : kind === UNSEEN ? "" : kind === UNKNOWN ? "\ufffd" : char;
    });
  }

  function clean(model, text) {
    const tables = model.unicode;
    let out = door(tables, text);
    if (model.cleaning === "raw") out = out.normalize("NFC");
    else {
      out = each(out.normalize("NFKC"), (char) => tables.folded.get(char) ?? char);
      out = out.replace(/i\u0307+/g, "i").normalize("NFKC");
      const apart = model.cleaning === "words";
      out = each(out, (char) => kindOf(tables, char) === LETTER ? char : apart && char !== " " ? ` ${char} ` : " ");
    }
    return out.split(" ").filter((word) => word && !model.stopWords.has(word)).join(" ");
  }

  // Words of a cleaned text: runs of letters, each symbol, and each character that stands alone with its marks.
  function wordsOf(tables, cleaning, cleaned) {
    if (cleaning === "course" || cleaning === "letters") return cleaned.split(" ").filter(Boolean);
    const chars = [...cleaned], kinds = chars.map((char) => "l sssmc"[exactKindOf(tables, char)]);
    return [...kinds.join("").matchAll(/cm*|[lm]+|s/g)].map(({ 0: run, index }) => chars.slice(index, index + run.length).join(""));
  }

  // An id for each character, or for each byte of it; and of each id the number of its character.
  function encode(model, chars) {
    const ids = [], at = [], utf8 = new TextEncoder();
    chars.forEach((char, i) => {
      const units = model.unit === "bytes" ? [...utf8.encode(char)].map((byte) => String.fromCharCode(byte)) : [char];
      for (const unit of units) { ids.push(model.ids.get(unit) ?? 1); at.push(i); }
    });
    return { ids, at };
  }

  // Largest response of every filter and where its window starts, beyond the text where its floor won; integers, exact.
  function pool(table, ids) {
    const { width, n_ids, filters, values, floors } = table;
    const length = Math.max(ids.length, 1), left = (width - 1) >> 1;
    const best = Int32Array.from(floors), at = new Int32Array(filters).fill(length), sum = new Int32Array(filters);
    for (let t = 0; t < length; t++) {
      sum.fill(0);
      for (let k = 0; k < width; k++) {
        const position = t + k - left;
        const id = position >= 0 && position < ids.length ? ids[position] : 0;
        if (!id) continue; // the padding row is zero
        const row = (k * n_ids + id) * filters;
        for (let f = 0; f < filters; f++) sum[f] += values[row + f];
      }
      for (let f = 0; f < filters; f++) if (sum[f] > best[f]) { best[f] = sum[f]; at[f] = t - left; }
    }
    return { best, at };
  }

  function predictByRows(model, text) {
    const seen = new Map();
    const read = (cleaning) => {
      if (!seen.has(cleaning)) {
        const stopWords = new Set(cleaning === "course" ? model.stopWords : []);
        const cleaned = clean({ unicode: model.unicode, cleaning, stopWords }, text);
        seen.set(cleaning, { clean: cleaned, words: wordsOf(model.unicode, cleaning, cleaned) });
      }
      return seen.get(cleaning);
    };
    const { logits, found } = tagpressRows.logits(model.rows, read), known = found.length > 0;
    const linked = () => model.rows.link.name === "task" ? link(logits, model.task) : tagpressRows.link(model.rows.link, logits, link);
    const probabilities = known ? linked() : model.unknownAnswer.slice();
    const decided = decide(model, probabilities);
    return { cleaned: read(model.rows.blocks[0].cleaning).clean, known, logits, probabilities, decided, predicted: said(model, decided), found };
  }

  function predict(model, text) {
    if (model.rows) return predictByRows(model, text);
    const cleaned = clean(model, text), chars = [...cleaned];
    const { ids, at: characterOf } = encode(model, chars);
    const pooled = [], starts = [], widths = [];
    for (const table of model.tables) {
      const { best, at } = pool(table, ids);
      pooled.push(...best); starts.push(...at);
      for (let f = 0; f < table.filters; f++) widths.push(table.width);
    }
    const n = pooled.length;
    const logits = new Float32Array(model.classes.length);
    for (let c = 0; c < logits.length; c++) {
      let total = 0;
      for (let f = 0; f < n; f++) total += model.head[c * n + f] * pooled[f];
      logits[c] = Math.fround(model.scale[c] * Math.fround(total)) + model.bias[c];
    }
    const known = ids.some((id) => id > 1 && id !== model.spaceId);
    const probabilities = known ? link(logits, model.task) : model.unknownAnswer.slice();
    const decided = decide(model, probabilities);
    const predicted = said(model, decided);
    return { cleaned, chars, ids, characterOf, known, logits, probabilities, decided, predicted, pooled, starts, widths };
  }

  // The softmax over all classes where exactly one is right, else the logistic function of each.
  function link(logits, task) {
    if (task !== "multiclass")
      return logits.map((logit) => 0.5 * Math.fround(1 + Math.fround(Math.tanh(Math.fround(0.5 * logit)))));
    const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const powers = Array.from(logits, (logit) => Math.exp(logit - most)); // in doubles, rounded once
    const sum = powers.reduce((a, b) => a + b, 0);
    return Float32Array.from(powers, (power) => power / sum);
  }

  // Which columns a row of probabilities gets: those that reach their thresholds; of one class a text, the largest.
  function decide(model, probabilities) {
    const reached = Array.from(probabilities, (probability, c) => probability >= model.thresholds[c]);
    if (model.task !== "multiclass") return reached;
    const best = probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b), -Infinity));
    return reached.map((each, c) => each && c === best);
  }

  function said(model, decided) {
    if (model.task === "binary") return [model.names[Number(decided[0])]];
    return model.classes.filter((_, c) => decided[c]);
  }

  // What each window adds to a class's logit, windows that see the same characters together; largest first.
  function parts(model, answer, c) {
    if (model.rows) return tagpressRows.parts(model.rows, answer, c).filter((part) => part.ngram.trim());
    const n = answer.pooled.length, windows = new Map(), { chars, characterOf } = answer;
    for (let f = 0; f < n; f++) {
      const first = Math.max(0, answer.starts[f]);
      const last = Math.min(characterOf.length, answer.starts[f] + answer.widths[f]) - 1;
      const seen = first <= last;
      const start = seen ? characterOf[first] : 0, end = seen ? characterOf[last] + 1 : 0;
      const key = start + ":" + end;
      const window = windows.get(key) ?? { start, end, weight: 0, ngram: chars.slice(start, end).join("") };
      window.weight += model.scale[c] * model.head[c * n + f] * answer.pooled[f];
      windows.set(key, window);
    }
    return [...windows.values()].filter((w) => w.ngram.trim()).sort((a, b) => b.weight - a.weight);
  }

  return { open, clean, predict, parts };
})();
