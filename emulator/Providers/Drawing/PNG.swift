private import CZlib

/// Portable Network Graphics (W3C PNG, third edition): writes 8-bit RGB, reads 8-bit grey, RGB and RGBA without interlace.
enum PNG {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    /// A complete PNG file of `bitmap`.
    static func encode(_ bitmap: Bitmap) -> [UInt8] {
        let stride = bitmap.width * 3
        var rows = [UInt8]()
        rows.reserveCapacity((stride + 1) * bitmap.height)
        for y in 0..<bitmap.height {
            // Filter 2 (Up) turns the pictures' vertical gradients into small numbers, which deflate packs well.
            rows.append(y == 0 ? 0 : 2)
            let start = y * stride
            if y == 0 {
                rows.append(contentsOf: bitmap.pixels[0..<stride])
            } else {
                for index in start..<start + stride {
                    rows.append(bitmap.pixels[index] &- bitmap.pixels[index - stride])
                }
            }
        }
        var file = signature
        append("IHDR", bytes(bitmap.width) + bytes(bitmap.height) + [8, 2, 0, 0, 0], to: &file)
        append("tEXt", Array("Software\0Darkroom stand-in".utf8), to: &file)
        append("IDAT", deflate(rows), to: &file)
        append("IEND", [], to: &file)
        return file
    }

    /// The picture in `file`, or nil when it is not a PNG of a kind this reads, or larger than `maximumPixels`.
    static func decode(_ file: [UInt8], maximumPixels: Int = 50_000_000) -> Bitmap? {
        guard file.starts(with: signature) else { return nil }
        var header: (width: Int, height: Int, channels: Int)?
        var packed: [UInt8] = []
        var position = signature.count
        while position + 12 <= file.count {
            let length = number(file, at: position)
            guard position + 12 + length <= file.count else { return nil }
            let data = file[position + 8..<position + 8 + length]
            switch Array(file[position + 4..<position + 8]) {
            case Array("IHDR".utf8):
                guard length == 13, let found = readHeader(Array(data), maximumPixels: maximumPixels) else {
                    return nil
                }
                header = found
            case Array("IDAT".utf8): packed += data
            case Array("IEND".utf8): position = file.count
            default: break
            }
            position += 12 + length
        }
        guard let header, let rows = inflate(packed, to: (header.width * header.channels + 1) * header.height) else {
            return nil
        }
        return unfilter(rows, header)
    }

    private static func readHeader(_ data: [UInt8], maximumPixels: Int) -> (width: Int, height: Int, channels: Int)? {
        let (width, height) = (number(data, at: 0), number(data, at: 4))
        guard data[8] == 8, data[12] == 0, let channels = [0: 1, 2: 3, 6: 4][data[9]] else { return nil }
        guard width > 0, height > 0, width <= maximumPixels / height else { return nil }
        return (width, height, channels)
    }

    private static func unfilter(_ rows: [UInt8], _ header: (width: Int, height: Int, channels: Int)) -> Bitmap? {
        let (width, height, channels) = header
        let stride = width * channels
        var lines = [UInt8](repeating: 0, count: stride * height)
        for y in 0..<height {
            let filter = rows[y * (stride + 1)]
            for x in 0..<stride {
                let left = x >= channels ? Int(lines[y * stride + x - channels]) : 0
                let above = y > 0 ? Int(lines[(y - 1) * stride + x]) : 0
                let corner = x >= channels && y > 0 ? Int(lines[(y - 1) * stride + x - channels]) : 0
                let predicted: Int
                switch filter {
                case 0: predicted = 0
                case 1: predicted = left
                case 2: predicted = above
                case 3: predicted = (left + above) / 2
                case 4: predicted = paeth(left, above, corner)
                default: return nil
                }
                lines[y * stride + x] = rows[y * (stride + 1) + 1 + x] &+ UInt8(predicted)
            }
        }
        let pixels = (0..<width * height).flatMap { pixel in
            let start = pixel * channels
            return channels == 1 ? [lines[start], lines[start], lines[start]] : Array(lines[start..<start + 3])
        }
        return Bitmap(width: width, height: height, pixels: pixels)
    }

    private static func paeth(_ left: Int, _ above: Int, _ corner: Int) -> Int {
        let estimate = left + above - corner
        let (a, b, c) = (abs(estimate - left), abs(estimate - above), abs(estimate - corner))
        return a <= b && a <= c ? left : b <= c ? above : corner
    }

    private static func append(_ type: String, _ data: [UInt8], to file: inout [UInt8]) {
        let body = Array(type.utf8) + data
        file += bytes(data.count) + body + bytes(Int(crc32(0, body, UInt32(body.count))))
    }

    private static func bytes(_ value: Int) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: value >> 24), UInt8(truncatingIfNeeded: value >> 16),
            UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value),
        ]
    }

    private static func number(_ bytes: [UInt8], at index: Int) -> Int {
        bytes[index..<index + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func deflate(_ data: [UInt8]) -> [UInt8] {
        let bound = Int(compressBound(UInt(data.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            var written = UInt(bound)
            let status = compress2(buffer.baseAddress, &written, data, UInt(data.count), 1)
            precondition(status == Z_OK, "compress2 cannot fail with a buffer of compressBound bytes (zlib manual)")
            count = Int(written)
        }
    }

    private static func inflate(_ packed: [UInt8], to size: Int) -> [UInt8]? {
        var status: Int32 = Z_OK
        let data = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var written = UInt(size)
            status = uncompress(buffer.baseAddress, &written, packed, UInt(packed.count))
            count = status == Z_OK ? Int(written) : 0
        }
        return data.count == size ? data : nil
    }
}
