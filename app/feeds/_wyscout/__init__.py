"""Parts of the Wyscout decoder; its entry is `app.feeds.wyscout`."""
