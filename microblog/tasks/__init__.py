"""Background work that always ends truthfully."""
