"""What a notebook shows: panels and the layer explorer."""
