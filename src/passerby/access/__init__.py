"""Who may look: members, sign-ins and share links. Knows no page; only `provider` knows HTTP, as a client."""
