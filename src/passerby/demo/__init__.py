"""The demo: a shop to try the service on, and made-up traffic that fills it. Nothing here serves real visitors."""
