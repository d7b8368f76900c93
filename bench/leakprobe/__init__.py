"""Does anything connect the person who left with the one who came after?

The probe drives an analytics SDK in a real browser through identify, track, its documented logout call and track again,
against a collector on this machine, and compares all that was sent and kept before with all that was sent and kept
after. Run it with `python -m bench.leakprobe`; tests use it on our own SDK.
"""
