"""Pictures of series and studies. Pixels are read only when the user requests a picture."""
