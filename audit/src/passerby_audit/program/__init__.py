"""The program behind the files: names, calls, order."""
