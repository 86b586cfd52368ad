"""How time, memory and quality grow with the data: texts made on the spot, and the curves measured on them."""
