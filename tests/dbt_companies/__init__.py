"""Tests of the company models: clusters, issuer ratios, timing, conviction."""
