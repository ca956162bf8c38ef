/// A cyclic redundancy check with reflected bits, eight bytes a step.
package struct CRC: Sendable {
    /// Polynomial and width.
    package struct Kind: Sendable {
        package let bits: Int
        /// Reflected, in the low bits.
        package let polynomial: UInt64
        fileprivate let tables: [UInt64]

        init(bits: Int, polynomial: UInt64) {
            self.bits = bits
            self.polynomial = polynomial
            var tables = [UInt64](repeating: 0, count: 8 * 256)
            for byte in 0..<256 {
                var value = UInt64(byte)
                for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
                tables[byte] = value
            }
            for table in 1..<8 {
                for byte in 0..<256 {
                    let previous = tables[(table - 1) * 256 + byte]
                    tables[table * 256 + byte] = tables[Int(previous & 255)] ^ previous >> 8
                }
            }
            self.tables = tables
        }

        /// zlib's.
        package static let crc32 = Kind(bits: 32, polynomial: 0xEDB8_8320)
        /// Castagnoli's.
        package static let crc32c = Kind(bits: 32, polynomial: 0x82F6_3B78)
        /// NVM Express', which S3 uses.
        package static let crc64nvme = Kind(bits: 64, polynomial: 0x9A6C_9329_AC4B_C9B5)

        var mask: UInt64 { bits == 64 ? .max : 1 << UInt64(bits) - 1 }
    }

    package let kind: Kind
    private var register: UInt64

    package init(_ kind: Kind) {
        self.kind = kind
        register = kind.mask
    }

    /// The checksum of everything so far.
    package var value: UInt64 { register ^ kind.mask }

    /// The same as protocols write it, highest byte first.
    package var bytes: [UInt8] {
        stride(from: kind.bits - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        kind.tables.withUnsafeBufferPointer { tables in
            var crc = register
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ crc
                crc = tables[7 * 256 + Int(word & 255)] ^ tables[6 * 256 + Int(word >> 8 & 255)]
                crc ^= tables[5 * 256 + Int(word >> 16 & 255)] ^ tables[4 * 256 + Int(word >> 24 & 255)]
                crc ^= tables[3 * 256 + Int(word >> 32 & 255)] ^ tables[2 * 256 + Int(word >> 40 & 255)]
                crc ^= tables[256 + Int(word >> 48 & 255)] ^ tables[Int(word >> 56)]
                offset += 8
            }
            while offset < bytes.count {
                crc = tables[Int((crc ^ UInt64(bytes[offset])) & 255)] ^ crc >> 8
                offset += 1
            }
            register = crc
        }
    }

    /// The checksum of one text followed by another, from their checksums and the second one's length.
    package static func combine(_ kind: Kind, _ first: UInt64, _ second: UInt64, secondLength: Int64) -> UInt64 {
        // Moving a checksum over n zero bytes multiplies it by x^(8n) modulo the polynomial.
        multiply(kind, first, power(kind, UInt64(secondLength) * 8)) ^ second
    }

    /// x^exponent modulo the polynomial, by squaring; bits are reflected, so 1 is the highest bit.
    private static func power(_ kind: Kind, _ exponent: UInt64) -> UInt64 {
        var result: UInt64 = 1 << UInt64(kind.bits - 1)
        var base: UInt64 = result >> 1
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = multiply(kind, result, base) }
            base = multiply(kind, base, base)
            rest >>= 1
        }
        return result
    }

    private static func multiply(_ kind: Kind, _ left: UInt64, _ right: UInt64) -> UInt64 {
        var product: UInt64 = 0
        var right = right
        var bit: UInt64 = 1 << UInt64(kind.bits - 1)
        while bit != 0 {
            if left & bit != 0 { product ^= right }
            right = right & 1 == 1 ? right >> 1 ^ kind.polynomial : right >> 1
            bit >>= 1
        }
        return product
    }
}
