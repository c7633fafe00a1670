"""What the team that receives an environment asks for: its page, and whether it still is so."""
