"""Finders of personal data beyond the built-in rules of the clean stage."""
