"""What the service says about itself: counts and one line a request. Never a uid, a device id or a value (PV-3)."""
