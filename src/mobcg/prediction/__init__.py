"""From a liquid's structure and diffusion to a coarse-grained model: the trained model, refined by a few runs, and verified."""
