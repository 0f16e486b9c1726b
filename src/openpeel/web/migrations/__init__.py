"""What is done once to records that a former version made."""
