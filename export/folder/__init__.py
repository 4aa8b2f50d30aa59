"""What is in an export folder, known without the programs that write and check it."""
