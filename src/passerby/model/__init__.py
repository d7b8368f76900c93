"""The nouns: frozen records that every room speaks in. No verbs beyond what a noun knows of itself."""
