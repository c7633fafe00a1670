"""Tests against a running environment: data in, answers out, refusals where they belong."""
