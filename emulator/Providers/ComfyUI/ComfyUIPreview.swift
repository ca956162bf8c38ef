import JSON

/// Pictures in binary messages: four bytes of type, the highest first, and what belongs to it.
enum ComfyUIPreview {
    /// Type 1: four bytes of format (1 JPEG, 2 PNG), the picture.
    static func plain(_ png: [UInt8]) -> [UInt8] { number(1) + number(2) + png }

    /// Type 4: the length of the metadata, the metadata as JSON, the picture.
    static func withMetadata(_ png: [UInt8], prompt: String, node: String) -> [UInt8] {
        let metadata: JSON = [
            "node_id": .string(node), "display_node_id": .string(node), "parent_node_id": nil,
            "real_node_id": .string(node), "prompt_id": .string(prompt), "image_type": "image/png",
        ]
        let text = metadata.serialized
        return number(4) + number(UInt32(text.count)) + text + png
    }

    private static func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
