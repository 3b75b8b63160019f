"""mobcg: coarse-grained molecular models that keep the real dynamics."""
