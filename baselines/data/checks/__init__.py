"""What records have to be before they are split: labelled, frequent enough, and not all the same."""
