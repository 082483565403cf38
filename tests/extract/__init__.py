"""The extract room: fetching against the simulator's server, parsing against real filings."""
