"""What a stack document may say: its types, and what they refuse."""
