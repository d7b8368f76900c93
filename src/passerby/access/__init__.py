"""Who may look: members, sign-ins and share links. Knows no HTTP and no page."""
