"""`--form js`: a bundle as one ES module, its types, a package folder and a page; the report's "Try it" runs it too."""
