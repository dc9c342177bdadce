"""Frames: an inventory as columns of documented names and types, for Arrow, pandas, Polars, Parquet and SQL."""
