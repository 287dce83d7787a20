"""A mix of everything at once, against one server.

cast       the table of actors: to add one, write its module and its row
actors/    one actor each: what it asks, what the answer has to be, which log entries that provokes
actor      what they have in common
hosts      the virtual hosts, one for each kind of interpreter
client     one request, for actors
server     httpd with everything that the actors need
stage      threads that play the actors, and how far they are
watch      what happens to the children meanwhile, and to the error log
memory     whether that is flat
evidence   what the kernel knows of children that do not go on
play       one run of it all, and its report
"""
