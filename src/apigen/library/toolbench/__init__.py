"""The source of tools in the layout of ToolBench: marketplace APIs as RapidAPI lists them."""
