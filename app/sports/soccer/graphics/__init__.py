"""What soccer says to a graphics engine: one file a graphic. Pure."""
