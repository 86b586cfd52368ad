function explained(model, text, column) {
  const { classes } = model.content;
  if (!Number.isInteger(column) || column < 0 || column >= classes.length)
    throw new RangeError(`explain: a column from 0 to ${classes.length - 1} is needed, got ${column}; they are in the order of classes`);
  return answer(model, text).known ? reasons(model, text, column) : [];
}
