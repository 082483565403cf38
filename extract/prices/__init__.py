"""Daily prices of the sector ETFs: from Tiingo, from Stooq or from the user's own files, to rows of text."""
