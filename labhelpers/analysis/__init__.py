"""What an image's layers do to each other: what is reachable, what is hidden and why, what changed. Pure.

`waste.analyse`: the numbers. `tree.Tree`: folders, lazily. `changes.changes` and `changes.versions`: one
layer, one path. `difference.difference`: two images. Modules are imported by name, so that a quick look stays
quick.
"""
