"""Linear models over n-grams made smaller: fewer n-grams, fewer weights, fewer bits, each refitted to a teacher.

They import a linear model's own files and the formats, no network.
"""
