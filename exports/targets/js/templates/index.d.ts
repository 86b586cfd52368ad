/** What is said of one text. */
export interface Answer {
  /** Whether anything in the text is known to the model. */
  known: boolean;
  /** The model's raw scores. */
  logits: Float32Array;
  /** One for each of `classes`. */
  probabilities: Float32Array;
  /** Which of `classes` the text gets. */
  decided: boolean[];
  /** The names of what was decided; of a binary task always one of `names`. */
  names: string[];
}

/** What a part of the text adds to a column's logit. */
export interface Reason {
  ngram: string;
  weight: number;
  /** Where it stands in the cleaned text, in characters; of models of characters only. */
  start?: number;
  end?: number;
}

export declare const task: {{task}};
/** The columns of an answer; of a binary task the positive class alone. */
export declare const classes: readonly string[];
/** Everything that an answer can say; of a binary task the negative name, then the positive one. */
export declare const names: readonly string[];
/** Classify one text. Throws a TypeError when it is not a string. */
export declare function classify(text: string): Answer;
/** Why a column of `classes` has its logit: parts of the text, what adds most first. */
export declare function explain(text: string, column: number): Reason[];
