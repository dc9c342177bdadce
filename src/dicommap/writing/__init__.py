"""How files are written: beside their place until they are whole, and so that a power cut leaves them there."""
