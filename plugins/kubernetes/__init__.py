"""Stands in for Pulumi's Kubernetes plugin: a thin adapter over kubectl and helm."""
