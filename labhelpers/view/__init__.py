"""What the layer explorer draws, as plain data: boxes, rows, labels, sentences. No widget, no engine, no I/O.

`explorer.Explorer` ties it together and answers what a view asks; `words`: instructions, signs, text made
safe to show; `stack`, `waste`, `listing`, `rows`, `one`: the parts of the picture; `static`: the picture
without scripts. All that comes out can be written as JSON, and names in it are escaped for people.
"""
