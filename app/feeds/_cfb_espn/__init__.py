"""ESPN's game summaries of college football, taken apart."""
