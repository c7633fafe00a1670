"""Attacks what was sealed, with the credentials that really exist, and brings it back."""
