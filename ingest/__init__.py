"""From feeds and archives to clean headlines in a ledger."""
