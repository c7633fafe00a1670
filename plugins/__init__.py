"""Pulumi providers in Python, and what they share."""
