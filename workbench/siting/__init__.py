"""Where the next stations go: exact plans with their bound, their proof and their reasons."""
