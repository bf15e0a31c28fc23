"""What pages are made of: forms, cursors, formats, what every template can use."""
