"""Models asked through the batch protocol: many requests in one file, answers within a day, at about half the price."""
