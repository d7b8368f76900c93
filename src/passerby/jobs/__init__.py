"""What is done later, on threads of its own, and goes on after a restart. What is due is in the store's entries."""
