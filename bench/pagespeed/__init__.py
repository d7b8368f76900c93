"""How long the service takes for each page of the dashboard, over a database of ten million events.

    python -m bench.pagespeed DIRECTORY [--events 10000000] [--rounds 60]

DIRECTORY keeps the database, which is filled at the first run (some minutes) and found again afterwards. The pages are
asked for in turn, round by round, so that whatever else the machine does falls on all alike. What is printed is the
median, and its ratio to the limit of 50 ms; the exit code is 1 if a page is over the limit.
"""
