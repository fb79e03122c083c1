"""Everything that touches disk: fingerprints, the stage store, keys, locks, and atomic publishing."""
