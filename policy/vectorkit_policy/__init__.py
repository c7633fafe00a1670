"""Rules about plans: plain functions on plain data; only pack.py knows the engine."""
