-- stable-diffusion.cpp's own API, another machine of one's own: it draws where ComfyUI and AUTOMATIC1111 are not there.
insert into workflows (id, name, category, description, provider, parameters) values
    ('sdcpp-text', 'stable-diffusion.cpp', 'text-to-image', 'The smallest server on a machine of one''s own', 'sdcpp',
        '{"type": "object", "additionalProperties": false, "properties": {
            "negative_prompt": {"type": "string", "title": "Negative prompt", "maxLength": 2000, "description":
                "What the picture should not show"},
            "width": {"type": "integer", "title": "Width", "minimum": 64, "maximum": 2048, "default": 512, "multipleOf": 8},
            "height": {"type": "integer", "title": "Height", "minimum": 64, "maximum": 2048, "default": 512,
                "multipleOf": 8},
            "batch_count": {"type": "integer", "title": "Pictures", "minimum": 1, "maximum": 4, "default": 1},
            "seed": {"type": "integer", "title": "Seed", "minimum": -1, "maximum": 4294967295, "description":
                "The same seed and prompt draw the same picture; -1 for any"}}}'),
    ('sdcpp-image', 'stable-diffusion.cpp from a picture', 'image-to-image',
        'Redraws a picture on a machine of one''s own', 'sdcpp',
        '{"type": "object", "additionalProperties": false, "properties": {
            "negative_prompt": {"type": "string", "title": "Negative prompt", "maxLength": 2000, "description":
                "What the picture should not show"},
            "strength": {"type": "number", "title": "Strength", "minimum": 0, "maximum": 1, "default": 0.75,
                "description": "1 draws anew, 0 keeps the picture"},
            "batch_count": {"type": "integer", "title": "Pictures", "minimum": 1, "maximum": 4, "default": 1},
            "seed": {"type": "integer", "title": "Seed", "minimum": -1, "maximum": 4294967295, "description":
                "The same seed and prompt draw the same picture; -1 for any"}}}');

update workflows set fallbacks = fallbacks || '{sdcpp-text}' where id in ('comfyui-text', 'automatic1111-text');
update workflows set fallbacks = fallbacks || '{sdcpp-image}' where id in ('comfyui-image', 'automatic1111-image');
