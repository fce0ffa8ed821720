"""How listings are found: texts taken apart, slips mended, matches weighed. Rows are read and written elsewhere."""
