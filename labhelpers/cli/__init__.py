"""`./lab`: the command line. Each command lives in a module of its own and is loaded when it is called."""
