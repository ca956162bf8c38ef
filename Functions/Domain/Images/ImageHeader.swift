/// What the first bytes of a picture say about it: never what a name or a content type claims.
package struct ImageHeader: Sendable, Hashable {
    package var format: ImageFormat
    /// Pixels.
    package var width: Int
    /// Pixels.
    package var height: Int

    package init(format: ImageFormat, width: Int, height: Int) {
        self.format = format
        self.width = width
        self.height = height
    }

    /// Reads the header of a picture.
    ///
    /// - Parameter bytes: the beginning of the file, or all of it. A JPEG keeps its size behind its metadata: 64 KiB are not always
    ///   enough, the whole file is.
    /// - Throws: `ImageHeaderError`.
    package init(sniffing bytes: [UInt8]) throws(ImageHeaderError) {
        let reader = HeaderReader(bytes: bytes)
        if reader.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = try Self.png(reader)
        } else if reader.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = try Self.jpeg(reader)
        } else if reader.starts(with: "GIF87a".utf8) || reader.starts(with: "GIF89a".utf8) {
            self = try Self.gif(reader)
        } else if reader.starts(with: "RIFF".utf8), reader.has("WEBP".utf8, at: 8) {
            self = try Self.webp(reader)
        } else {
            throw .unknownFormat
        }
        guard width > 0, height > 0 else { throw .damaged(format, "its width or height is zero") }
    }

    /// PNG specification, section 11.2.1: IHDR comes first, with width and height as big-endian 32-bit numbers.
    private static func png(_ reader: HeaderReader) throws(ImageHeaderError) -> ImageHeader {
        guard let length = reader.big32(8), let width = reader.big32(16), let height = reader.big32(20),
            reader.count >= 33
        else { throw .truncated(.png) }
        guard length == 13, reader.has("IHDR".utf8, at: 12) else { throw .damaged(.png, "it does not begin with IHDR") }
        guard width <= Int32.max, height <= Int32.max else {
            throw .damaged(.png, "its size is beyond what PNG allows")
        }
        return ImageHeader(format: .png, width: width, height: height)
    }

    /// GIF89a specification, section 18: the logical screen descriptor.
    private static func gif(_ reader: HeaderReader) throws(ImageHeaderError) -> ImageHeader {
        guard let width = reader.little16(6), let height = reader.little16(8), reader.count >= 13 else {
            throw .truncated(.gif)
        }
        return ImageHeader(format: .gif, width: width, height: height)
    }

    /// ITU-T T.81, annex B: segments until a start of frame, which holds height and width.
    private static func jpeg(_ reader: HeaderReader) throws(ImageHeaderError) -> ImageHeader {
        var offset = 2
        while true {
            guard let lead = reader.byte(offset) else { throw .truncated(.jpeg) }
            guard lead == 0xFF else { throw .damaged(.jpeg, "a segment does not begin with a marker") }
            guard let marker = reader.byte(offset + 1) else { throw .truncated(.jpeg) }
            switch marker {
            case 0xFF: offset += 1  // fill byte
            case 0x01, 0xD0...0xD7: offset += 2  // markers without a segment
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
                guard let height = reader.big16(offset + 5), let width = reader.big16(offset + 7) else {
                    throw .truncated(.jpeg)
                }
                return ImageHeader(format: .jpeg, width: width, height: height)
            case 0x00, 0xD8, 0xD9, 0xDA: throw .damaged(.jpeg, "its frame header is missing")
            default:
                guard let length = reader.big16(offset + 2) else { throw .truncated(.jpeg) }
                guard length >= 2 else { throw .damaged(.jpeg, "a segment is shorter than its own length") }
                offset += 2 + length
            }
        }
    }

    /// RFC 9649, section 2: a RIFF file whose first chunk is VP8, VP8L or VP8X.
    private static func webp(_ reader: HeaderReader) throws(ImageHeaderError) -> ImageHeader {
        guard reader.count >= 30 else { throw .truncated(.webp) }
        if reader.has("VP8X".utf8, at: 12), let width = reader.little24(24), let height = reader.little24(27) {
            return ImageHeader(format: .webp, width: width + 1, height: height + 1)
        }
        if reader.has("VP8L".utf8, at: 12), let bits = reader.little32(21) {
            guard reader.byte(20) == 0x2F else { throw .damaged(.webp, "its lossless signature is missing") }
            return ImageHeader(format: .webp, width: (bits & 0x3FFF) + 1, height: ((bits >> 14) & 0x3FFF) + 1)
        }
        if reader.has("VP8 ".utf8, at: 12), let width = reader.little16(26), let height = reader.little16(28) {
            guard reader.has([0x9D, 0x01, 0x2A], at: 23) else { throw .damaged(.webp, "its start code is missing") }
            return ImageHeader(format: .webp, width: width & 0x3FFF, height: height & 0x3FFF)
        }
        throw .damaged(.webp, "it begins with no known chunk")
    }
}
