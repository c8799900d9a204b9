"""How much of what could name a person redaction takes out, on lines made for it, and how much else."""
