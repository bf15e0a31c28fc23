"""The export of one's own posts."""
