"""Scripts that measure and print figures; none of them is a test."""
