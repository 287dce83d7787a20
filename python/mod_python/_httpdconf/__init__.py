"""What mod_python.httpdconf consists of."""
