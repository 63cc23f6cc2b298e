"""What the end-to-end tests, the fault tests and the bench share: one concept in each file."""
