"""The match centre and the overlays in a real browser, fed by a stand-in for the HTTP API."""
