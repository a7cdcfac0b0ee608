"""From text to value with evidence: one module a family of fields, pure functions only."""
