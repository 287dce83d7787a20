"""What mod_python.util is made of; import that."""
