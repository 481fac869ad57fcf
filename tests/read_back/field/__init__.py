"""Readers of annotation files as their own fields have them, and what a corpus says they must find."""
