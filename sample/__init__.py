"""The bundled sample: real market days in our own words, and their prices. NOTICE.md says what it is."""
