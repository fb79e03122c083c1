"""Interchangeable ways to run the encoder's module graph: token ids in, vectors and label logits out."""
