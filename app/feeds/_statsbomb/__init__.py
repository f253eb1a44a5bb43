"""Parts of the StatsBomb decoder; its entry is `app.feeds.statsbomb`."""
