"""The quarterly tier report: one page a portfolio manager understands in a minute, and everything behind it."""
