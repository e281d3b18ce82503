"""What stands in a report page, without a form: tables of texts that Markdown and HTML draw each by its own rule."""
