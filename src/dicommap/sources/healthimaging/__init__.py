"""The image sets of a HealthImaging data store: SearchImageSets lists them, and GetImageSetMetadata reads them."""
