"""Faults on real processes: whatever breaks, nothing acknowledged is lost or doubled, and the service goes on."""
