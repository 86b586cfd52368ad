"""The pictures of the report, as Vega-Lite specifications."""
