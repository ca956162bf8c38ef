import Testing

@testable import ObjectStore

@Suite struct HeaderOrderTests {
    @Test(arguments: [
        ("x-ms-meta-a", "x-ms-meta-a0"), ("x-ms-meta-_a", "x-ms-meta-0"), ("x-ms-meta-a_b", "x-ms-meta-a0"),
        ("x-ms-meta-ab", "x-ms-meta-a-b"), ("x-ms-meta-a-b", "x-ms-meta-ac"), ("x-ms-date", "x-ms-meta-a"),
        ("x-ms-blob-type", "x-ms-version"), ("x-ms-meta-9", "x-ms-meta-a"),
    ])
    func `a dictionary's order has underscores first and hyphens last of all`(_ first: String, _ second: String) {
        #expect(HeaderOrder.dictionary.precedes(first, second))
        #expect(!HeaderOrder.dictionary.precedes(second, first))
    }

    @Test func `the order of bytes is another one`() {
        #expect(HeaderOrder.bytes.precedes("x-ms-meta-0", "x-ms-meta-_a"))
        #expect(HeaderOrder.bytes.precedes("x-ms-meta-a-b", "x-ms-meta-ab"))
    }

    @Test(arguments: HeaderOrder.allCases)
    func `no name comes before itself`(_ order: HeaderOrder) {
        for name in ["", "x-ms-meta-", "x-ms-meta-a-b_c"] { #expect(!order.precedes(name, name)) }
    }
}
