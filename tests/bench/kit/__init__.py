"""What the benches share. The benches themselves are the modules beside this folder."""
