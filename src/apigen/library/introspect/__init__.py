"""Describes Python modules as tools in a process of their own, because importing a module runs its code."""
