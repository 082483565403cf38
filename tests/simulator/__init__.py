"""Tests of the simulator: its files read back by independent code, its server spoken to over real sockets."""
