"""The ensemble on a GPU: one block of threads a replica, all replicas of a batch at once, many steps a launch.

Only `available` may be imported where there is no CUDA; the rest imports numba.cuda.
"""
