// The model beside the code: what model.json parses to, its text, or its bytes.
function open(content) {
  if (content instanceof ArrayBuffer || ArrayBuffer.isView(content)) content = new TextDecoder().decode(content);
  if (typeof content === "string") content = JSON.parse(content);
  if (!content || typeof content.code !== "string") throw new TypeError("open: the content of model.json is needed, as an object, text or bytes");
  const model = openModel(content), { task, classes, names } = content;
  return { task, classes, names, thresholds: model.thresholds, classify: (text) => answer(model, text), model };
}

const explainWith = ({ model }, text, column) => explained(model, text, column);
