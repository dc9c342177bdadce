"""Write complete files or none. Only their owner can read them, and they are on the disk when writing ends."""
