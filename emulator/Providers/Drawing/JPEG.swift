/// JPEG (ITU-T T.81), as little of it as a picture needs: baseline, three components of full resolution, the Huffman codes of the
/// standard's annex K.
struct JPEG {
    private var file: [UInt8] = [0xff, 0xd8]
    private var pending: UInt32 = 0
    private var pendingBits: UInt32 = 0

    /// A complete JPEG file of `bitmap`.
    ///
    /// - Parameter quality: 1...100.
    static func encode(_ bitmap: Bitmap, quality: Int = 90) -> [UInt8] {
        var jpeg = JPEG()
        let tables = [JPEGTable.luminance, .chrominance].map { $0.scaled(quality) }
        jpeg.writeHeader(bitmap, tables)
        jpeg.writeScan(bitmap, tables)
        return jpeg.file
    }

    // MARK: Segments

    private mutating func segment(_ marker: UInt8, _ content: [UInt8]) {
        file += [0xff, marker] + Self.bytes(content.count + 2) + content
    }

    private mutating func writeHeader(_ bitmap: Bitmap, _ tables: [[Float]]) {
        segment(0xe0, Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0])
        for (number, table) in tables.enumerated() {
            segment(0xdb, [UInt8(number)] + JPEGTable.zigzag.map { UInt8(table[$0]) })
        }
        segment(
            0xc0,
            [8] + Self.bytes(bitmap.height) + Self.bytes(bitmap.width) + [3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1])
        for (number, code) in JPEGCode.all { segment(0xc4, [number] + code.lengths + code.symbols) }
        segment(0xda, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])
    }

    private static func bytes(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    // MARK: The scan

    private mutating func writeScan(_ bitmap: Bitmap, _ tables: [[Float]]) {
        let codes = [
            (JPEGCode.luminanceDC, JPEGCode.luminanceAC), (JPEGCode.chrominanceDC, JPEGCode.chrominanceAC),
        ].map { ($0.words, $1.words) }
        var last = [0, 0, 0]
        for top in stride(from: 0, to: bitmap.height, by: 8) {
            for left in stride(from: 0, to: bitmap.width, by: 8) {
                for (component, samples) in Self.block(bitmap, left, top).enumerated() {
                    let kind = min(component, 1)
                    let values = Self.quantized(JPEGTransform.forward(samples), tables[kind])
                    write(values, after: last[component], codes[kind].0, codes[kind].1)
                    last[component] = values[0]
                }
            }
        }
        // The last byte is filled up with ones.
        write(bits: 0x7f, count: 7)
        file += [0xff, 0xd9]
    }

    /// Eight by eight pixels as rows of luminance and the two chrominances; beyond the edge, the edge goes on.
    private static func block(_ bitmap: Bitmap, _ left: Int, _ top: Int) -> [[SIMD8<Float>]] {
        var components = [[SIMD8<Float>]](repeating: Array(repeating: .zero, count: 8), count: 3)
        for y in 0..<8 {
            let row = min(top + y, bitmap.height - 1) * bitmap.width
            for x in 0..<8 {
                let index = (row + min(left + x, bitmap.width - 1)) * 3
                let red = Float(bitmap.pixels[index])
                let green = Float(bitmap.pixels[index + 1])
                let blue = Float(bitmap.pixels[index + 2])
                components[0][y][x] = 0.299 * red + 0.587 * green + 0.114 * blue - 128
                components[1][y][x] = -0.168736 * red - 0.331264 * green + 0.5 * blue
                components[2][y][x] = 0.5 * red - 0.418688 * green - 0.081312 * blue
            }
        }
        return components
    }

    /// The coefficients in the order of the scan.
    private static func quantized(_ rows: [SIMD8<Float>], _ table: [Float]) -> [Int] {
        JPEGTable.zigzag.map { Int((rows[$0 / 8][$0 % 8] / table[$0]).rounded()) }
    }

    private mutating func write(
        _ values: [Int], after last: Int, _ dc: [JPEGCode.Word], _ ac: [JPEGCode.Word]
    ) {
        write(values[0] - last, zeros: 0, dc)
        var zeros = 0
        for value in values.dropFirst() {
            if value == 0 {
                zeros += 1
                continue
            }
            for _ in 0..<zeros / 16 { write(ac[0xf0]) }
            write(value, zeros: zeros % 16, ac)
            zeros = 0
        }
        if zeros > 0 { write(ac[0x00]) }
    }

    /// A value: the code of how many zeros come before it and how many bits it has, then those bits.
    private mutating func write(_ value: Int, zeros: Int, _ words: [JPEGCode.Word]) {
        let size = Int.bitWidth - value.magnitude.leadingZeroBitCount
        write(words[zeros << 4 | size])
        write(bits: UInt32(value < 0 ? value + (1 << size) - 1 : value), count: UInt32(size))
    }

    private mutating func write(_ word: JPEGCode.Word) { write(bits: word.bits, count: word.count) }

    /// A byte of ones is followed by an empty one: it would be a marker.
    private mutating func write(bits: UInt32, count: UInt32) {
        pending = pending << count | bits
        pendingBits += count
        while pendingBits >= 8 {
            pendingBits -= 8
            let byte = UInt8(truncatingIfNeeded: pending >> pendingBits)
            file.append(byte)
            if byte == 0xff { file.append(0) }
        }
    }
}
