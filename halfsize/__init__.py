"""The command `halfsize`: one name for all commands of the toolkit."""
