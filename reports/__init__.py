"""What people look at, made from the published file alone."""
