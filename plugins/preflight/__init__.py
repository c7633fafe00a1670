"""Asks a cluster, before anything is made, whether a deployment to it can work."""
