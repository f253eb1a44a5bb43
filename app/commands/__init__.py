"""What the command line does, one file a command that is more than a few lines."""
