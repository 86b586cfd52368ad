"""What all networks share: the training loop, batches, the look-up convolution, encoders, their state. Needs torch.

It imports `scores` and `text`; `models` imports it.
"""
