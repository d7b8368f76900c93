"""The ground: what every room may stand on and that stands on nothing. No nouns of the domain."""
