/// Beginnings of pictures, byte by byte.
enum TestImages {
    static let png = png(width: 768, height: 512)

    static func png(width: UInt32, height: UInt32) -> [UInt8] {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8) + big(width) + big(height)
            + [8, 6, 0, 0, 0, 0, 0, 0, 0]
    }

    static func gif(width: UInt16, height: UInt16) -> [UInt8] {
        Array("GIF89a".utf8) + little(width) + little(height) + [0xF7, 0, 0]
    }

    /// With metadata before its frame header, as cameras write it.
    static func jpeg(width: UInt16, height: UInt16, metadata: Int = 200) -> [UInt8] {
        [0xFF, 0xD8, 0xFF, 0xE1] + big(UInt16(metadata + 2)) + [UInt8](repeating: 0x41, count: metadata)
            + [0xFF, 0xFF, 0xC2, 0, 17, 8] + big(height) + big(width) + [3]
    }

    static func webpExtended(width: UInt32, height: UInt32) -> [UInt8] {
        riff("VP8X", [10, 0, 0, 0, 0, 0, 0, 0] + little24(width - 1) + little24(height - 1))
    }

    static func webpLossless(width: UInt32, height: UInt32) -> [UInt8] {
        let bits = (width - 1) | (height - 1) << 14
        return riff("VP8L", [0, 0, 0, 0, 0x2F] + little(bits) + [0, 0, 0, 0, 0])
    }

    static func webpLossy(width: UInt16, height: UInt16) -> [UInt8] {
        riff("VP8 ", [0, 0, 0, 0, 0, 0, 0, 0x9D, 0x01, 0x2A] + little(width) + little(height))
    }

    private static func riff(_ chunk: String, _ content: [UInt8]) -> [UInt8] {
        Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WEBP".utf8) + Array(chunk.utf8) + content
    }

    private static func big(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
    private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    private static func little24(_ number: UInt32) -> [UInt8] { Array(little(number).prefix(3)) }
}
