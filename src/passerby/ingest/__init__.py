"""Something arrived: the one way in, and the only room that knows wire, lifecycle and store at once."""
