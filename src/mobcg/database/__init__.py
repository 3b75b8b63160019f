"""The mobility database: schema, reading, writing, checking, merging."""
