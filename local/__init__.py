"""The embedded platform: tools, node, cluster, store and images for those who have none."""
