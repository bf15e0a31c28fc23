"""What pages are built from: forms, cursors, formats, and what every template can use."""
