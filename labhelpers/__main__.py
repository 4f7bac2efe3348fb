"""`python -m labhelpers` is `./lab`."""

from labhelpers.cli import main

main()
