"""Web services described by OpenAPI 3 or Swagger 2 documents: each operation becomes a tool that can be called."""
