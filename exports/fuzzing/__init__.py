"""Files that somebody else made, tried by changing sound ones: every changed bundle or artifact must be refused in one
sentence, or answer like a model.

It makes small models, changes their files in hostile ways with the hashes put right, and loads each in a process with
limits. It imports `bundles` and `runtime`; nothing that serves imports it.
"""
