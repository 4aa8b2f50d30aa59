"""The report as a web page, with one file for each chapter."""
