import Testing

@testable import ObjectStore

/// The store against a dictionary that does the same things.
struct ModelTests {
    @Test(arguments: [UInt64(1), 2, 3])
    func `random puts, copies, deletes and versions agree with a dictionary`(_ seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let temporary = try TemporaryStore(StoreOptions(durability: .fast, inlineLimit: 20))
        try await temporary.store.createBucketIfMissing("b")
        var model: [String: String] = [:]
        for step in 0..<400 {
            let key = ["a", "b", "c", "d/e"].randomElement(using: &random)!
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let text = String(repeating: "\(step) ", count: Int.random(in: 1..<30, using: &random))
                try await temporary.put(key, text)
                model[key] = text
            case 5..<7:
                let source = ["a", "b", "c"].randomElement(using: &random)!
                let copied = try await temporary.store.write { transaction in
                    let bucket = try transaction.bucket("b")!
                    guard var record = try transaction.object(bucket.id, source) else { return false }
                    try transaction.retain(record.segments)
                    record.key = key
                    _ = try transaction.store(record, in: bucket)
                    return true
                }
                if copied { model[key] = model[source] }
            case 7..<9:
                try await temporary.delete(key)
                model[key] = nil
            default:
                let versioning = ["", "Enabled", "Suspended"].randomElement(using: &random)!
                try await temporary.store.write { transaction in
                    var bucket = try transaction.bucket("b")!
                    bucket.fields["versioning"] = versioning
                    try transaction.update(bucket)
                }
            }
            #expect(try await temporary.text(key) == model[key])
        }
        let names = try temporary.store.read { try $0.list(ListQuery(bucket: $0.bucket("b")!.id, limit: 100)) }
        #expect(names.entries.map(\.name) == model.keys.sorted())
        try await temporary.store.reset()
        while !(try temporary.files().isEmpty) { await Task.yield() }
    }
}

/// A small generator whose sequence is the same everywhere.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
