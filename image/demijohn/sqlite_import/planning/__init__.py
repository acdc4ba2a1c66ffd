"""Decides which table and column goes where, and with which type."""
