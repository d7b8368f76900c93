"""How large our browser SDK is and how long it takes, beside its peers, in one run.

Run it with `python -m bench.sdkspeed`. Times are medians of interleaved rounds in one browser.
"""
