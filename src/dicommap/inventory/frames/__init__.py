"""Frames: an inventory as typed columns for Arrow, pandas, Polars, Parquet and SQL."""
