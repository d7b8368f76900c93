"""`python -m passerby`."""

from passerby.cli.commands import main

main()
