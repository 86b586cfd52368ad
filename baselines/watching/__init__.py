"""What a long command shows while it works, and when it will be done."""
