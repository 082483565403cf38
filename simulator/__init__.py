"""An EDGAR to practise on: a builder that writes a static mirror, and a server with EDGAR's manners, good and bad."""
