#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The discrete cosine transform of eight by eight samples, rows first.
enum JPEGTransform {
    /// `basis[k]` has the k-th sample's share of every frequency.
    private static let basis: [SIMD8<Float>] = (0..<8).map { sample in
        var shares = SIMD8<Float>()
        for frequency in 0..<8 {
            let scale: Float = frequency == 0 ? Float(0.125).squareRoot() : 0.5
            shares[frequency] = scale * cosf(Float((2 * sample + 1) * frequency) * .pi / 16)
        }
        return shares
    }

    static func forward(_ rows: [SIMD8<Float>]) -> [SIMD8<Float>] { columns(columns(rows)) }

    /// The transform of each row, transposed.
    private static func columns(_ rows: [SIMD8<Float>]) -> [SIMD8<Float>] {
        var result = [SIMD8<Float>](repeating: .zero, count: 8)
        for (y, row) in rows.enumerated() {
            var sum = SIMD8<Float>.zero
            for sample in 0..<8 { sum += basis[sample] * row[sample] }
            for frequency in 0..<8 { result[frequency][y] = sum[frequency] }
        }
        return result
    }
}
