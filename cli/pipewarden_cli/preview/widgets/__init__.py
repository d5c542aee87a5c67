"""One module per type of widget: properties and data in, what the page draws out."""
