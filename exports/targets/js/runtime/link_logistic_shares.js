// Each class's logistic function, divided by the sum of all.
const byLink = (content, logits) => softmax(Array.from(logits, logLogistic));
