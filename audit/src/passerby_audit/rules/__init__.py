"""Rules, one file each, named for the bad pattern; the docstring is the rule's page."""
