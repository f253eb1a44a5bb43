"""American football, college and professional: plays in, drives, score and signals out. Pure."""
