"""What all packages build on: command lines, files written whole, progress, parallel work."""
