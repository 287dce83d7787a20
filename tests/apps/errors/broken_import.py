raise LookupError("<b>broken</b> import")
