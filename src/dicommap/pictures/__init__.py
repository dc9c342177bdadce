"""Pictures of series and studies; pixels are read only when a picture is asked for."""
