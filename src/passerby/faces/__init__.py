"""Faces: how people and programs meet the service. They do not know one another."""
