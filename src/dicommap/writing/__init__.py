"""Write files completely or not at all. Only the owner can read them, and they are on the disk when writing ends."""
