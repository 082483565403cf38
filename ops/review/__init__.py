"""A page to judge the rules by: for each flag, status and reason of a line, how many lines carry it, with examples.

Rules that read filers' own words cannot be proved right by a test; somebody has to read what they flagged, and what
they let pass, beside the filing. ``python -m ops.review`` writes that page for any ``DATA_DIR``.
"""
