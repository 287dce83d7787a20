"""An httpd seen from outside: which one there is, and running one of one's own. Needs no httpd to be imported."""
