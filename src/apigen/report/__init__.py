"""What a run tells its reader: funnel, pictures, page and card."""
