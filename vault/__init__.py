"""Seals what must outlive every mistake in the bucket with Object Lock."""
