// Nanoseconds that each text takes in a generated module, in rounds over all of them; a line with the median of each
// round but the first ones, in which the engine compiles. The module's address is the one argument.
import { readFileSync } from "node:fs";

const { classify } = await import(process.argv[2]);
const sent = readFileSync(0), texts = [];
for (let at = 0; at < sent.length;) {
  const size = sent.readUInt32LE(at);
  texts.push(sent.toString("utf8", at + 4, at + 4 + size));
  at += 4 + size;
}
const ROUNDS = 30, WARM = 10;
for (let round = 0; round < ROUNDS; round++) {
  const took = texts.map((text) => {
    const start = process.hrtime.bigint();
    classify(text);
    return Number(process.hrtime.bigint() - start);
  });
  took.sort((a, b) => a - b);
  if (round >= WARM) console.log(took[took.length >> 1]);
}
