/// The mark that says a picture came from a stand-in, in letters of five by seven dots.
enum Stamp {
    private static let glyphs: [Character: [UInt8]] = [
        "A": [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11], "D": [0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e],
        "I": [0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e], "N": [0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11],
        "S": [0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e], "T": [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04],
        "-": [0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00],
    ]
    private static let text = "STAND-IN"

    /// Draws the mark in the lower right corner; leaves pictures alone that are too small to carry it.
    static func mark(_ bitmap: inout Bitmap) {
        let scale = max(1, bitmap.width / 384)
        let (width, height) = (text.count * 6 * scale, 7 * scale)
        let (left, top) = (bitmap.width - width - 6 * scale, bitmap.height - height - 6 * scale)
        guard left >= 0, top >= 0 else { return }
        let ink = Color(1, 1, 1)
        for (index, character) in text.enumerated() {
            guard let rows = glyphs[character] else { continue }
            for y in 0..<height {
                for x in 0..<5 * scale where rows[y / scale] >> (4 - x / scale) & 1 == 1 {
                    let (px, py) = (left + index * 6 * scale + x, top + y)
                    bitmap[px, py] = bitmap[px, py].mixed(with: ink, 0.75)
                }
            }
        }
    }
}
