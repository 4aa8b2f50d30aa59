"""What a photo goes through on its way to a reader: reduction and a codec."""
