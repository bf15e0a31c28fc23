"""What keeps people in their own rooms, and others out."""
