"""Someone asks: users, sessions and what happened in them. Reads only; knows no HTTP."""
