"""Migrations: `NNN_name.sql`, run in the order of their numbers, and steps in Python beside some of them.

A file says its number in `PRAGMA user_version`; a new file is made by running them all. What is released here is never
changed. A step in Python is frozen with it: it may use nothing of this project that could change, and reads and writes
rows as they were. A migration that holds a line `-- then: rebuild` has sessions, properties and people made anew by
today's code once all migrations have run, since that code needs today's tables.
"""
