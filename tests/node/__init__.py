"""Node programs that tests run; `package.json` beside this file pins them."""
