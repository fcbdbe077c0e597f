"""From scored headlines to intensity per trading session, linked to the session's returns."""
