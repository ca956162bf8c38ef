-- OpenAI's models look at every detail of a picture since gpt-image-2, and refuse a request that says how closely.
update workflows set parameters =
        '{"type": "object", "additionalProperties": false, "properties": {
            "size": {"type": "string", "title": "Size", "enum": ["auto", "1024x1024", "1536x1024", "1024x1536"],
                "default": "auto"},
            "quality": {"type": "string", "title": "Quality", "enum": ["auto", "low", "medium", "high"], "default":
                "auto"},
            "n": {"type": "integer", "title": "Pictures", "minimum": 1, "maximum": 4, "default": 1},
            "background": {"type": "string", "title": "Background", "enum": ["auto", "transparent", "opaque"]},
            "output_format": {"type": "string", "title": "Format", "enum": ["png", "jpeg", "webp"]},
            "output_compression": {"type": "integer", "title": "Compression", "minimum": 0, "maximum": 100}}}'
    where id = 'openai-edit' and parameters -> 'properties' -> 'input_fidelity' is not null;
