extension PostgresStatement {
    /// The parameters as libpq takes them: valid only inside the closure that they are passed to.
    struct Values {
        let count: Int32
        let values: UnsafePointer<UnsafePointer<CChar>?>?
        let lengths: UnsafePointer<Int32>?
        let formats: UnsafePointer<Int32>?
    }

    func withValues<Result>(_ body: (Values) -> Result) -> Result {
        guard !parameters.isEmpty else { return body(Values(count: 0, values: nil, lengths: nil, formats: nil)) }
        var bytes: [UInt8] = []
        var starts: [Int?] = []
        var lengths: [Int32] = []
        for parameter in parameters {
            guard case .bytes(let value) = parameter.value else {
                starts.append(nil)
                lengths.append(0)
                continue
            }
            starts.append(bytes.count)
            lengths.append(Int32(value.count))
            bytes += value
            // libpq reads a text parameter up to its NUL.
            bytes.append(0)
        }
        if bytes.isEmpty { bytes = [0] }
        let formats = parameters.map(\.format.rawValue)
        return bytes.withUnsafeBytes { buffer in
            let base = buffer.bindMemory(to: CChar.self).baseAddress
            let values = starts.map { start in start.flatMap { base?.advanced(by: $0) } }
            return values.withUnsafeBufferPointer { values in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in
                        body(
                            Values(
                                count: Int32(values.count), values: values.baseAddress, lengths: lengths.baseAddress,
                                formats: formats.baseAddress))
                    }
                }
            }
        }
    }
}
