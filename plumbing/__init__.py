"""What every room of the house stands on: commands, disk, progress, parallel work, paths."""
