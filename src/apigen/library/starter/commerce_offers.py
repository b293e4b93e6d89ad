"""commerce_offers."""

CATEGORY = "Commerce"
