"""How far a campaign is, read from what it left: results, logs, benchmarks and, on Slurm, the queue."""
