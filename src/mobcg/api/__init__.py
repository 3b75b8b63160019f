"""The verbs of the command line as functions; `mobcg` itself offers them all: `mobcg.predict(...)`."""
