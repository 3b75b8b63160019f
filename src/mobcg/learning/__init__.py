"""Learning: from (mass, g(r), D) to a potential and a friction."""
