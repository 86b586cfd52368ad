import type { Answer, Reason } from "./index.js";

/** A model that is open. */
export interface Model {
  readonly task: {{task}};
  readonly classes: readonly string[];
  readonly names: readonly string[];
  readonly thresholds: Float32Array;
  /** Classify one text. Throws a TypeError when it is not a string. */
  classify(text: string): Answer;
}

/** Open `model.json`: what it parses to, its text, or its bytes. */
export declare function open(model: object | string | ArrayBuffer | ArrayBufferView): Model;
/** Why a column of `classes` has its logit: parts of the text, what adds most first. */
export declare function explain(model: Model, text: string, column: number): Reason[];
