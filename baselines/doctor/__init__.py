"""What is wrong with the data, as models see it: doubtful labels, confused classes, bad slices, too few texts.

It imports `fitting`; the study and a command of its own import it.
"""
