"""Frames: tables of an inventory with typed columns, for Arrow, pandas, Polars, Parquet and SQL."""
