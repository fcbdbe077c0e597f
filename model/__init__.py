"""The causes and the tagger: text in, calibrated intensities out."""
