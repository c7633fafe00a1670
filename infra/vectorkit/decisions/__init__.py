"""What the settings mean, as plain data: names, sizes, policies, Helm values. No Pulumi here."""
