"""What accepted samples become: rows, splits and export formats."""
