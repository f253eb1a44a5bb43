"""Parts of the Sportec decoder; its entry is `app.feeds.sportec`."""
