"""Provider formats in, FeedEvents out. One file a provider; a new provider adds a file and edits none."""
