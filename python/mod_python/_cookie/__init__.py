"""What `mod_python.Cookie` consists of: `plain`, `signed`, `marshalled`; and `dates`."""
