"""What the decisions become: Pulumi resources, declared and nothing else."""
