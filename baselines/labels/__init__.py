"""Columns to texts with label sets: lists, several labels in a cell, 0/1 columns; what looks wrong in them is said."""
