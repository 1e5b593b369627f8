"""The nouns: frozen values, pure functions and protocols. No I/O, no clock, no randomness.

Every other room imports this one, and this one imports no other.
"""
