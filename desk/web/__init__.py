"""The HTTP face: an API for programs under /v1, pages for people."""
