"""The desk's daily round: settings, tagging what is new, the summary of a session and its page."""
