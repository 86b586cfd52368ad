const byLink = (content, logits) => softmax(logits);
